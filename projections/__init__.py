"""What people read: one package for each ledger, fed by one projector."""
