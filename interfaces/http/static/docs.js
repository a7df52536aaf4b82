// Shows the API's own description; kept in a file of its own so that the page needs no inline script.
window.ui = SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
