"""Chinese names of Boston's units, where the rows give only English ones."""

from typing import Final

CITY: Final = ("City of Boston", "波士顿市")
DESK: Final = ("City desk", "市级派单台")
THIRD_PARTY: Final = ("Third party", "第三方")

NEIGHBOURHOODS_ZH: Final[dict[str, str]] = {
    "Allston / Brighton": "奥尔斯顿/布莱顿",
    "Back Bay": "后湾",
    "Beacon Hill": "比肯山",
    "Charlestown": "查尔斯敦",
    "Dorchester": "多切斯特",
    "Downtown / Financial District": "市中心/金融区",
    "East Boston": "东波士顿",
    "Fenway / Kenmore / Audubon Circle / Longwood": "芬威/肯莫尔/奥杜邦环岛/朗伍德",
    "Greater Mattapan": "大马塔潘",
    "Hyde Park": "海德公园",
    "Jamaica Plain": "牙买加平原",
    "Mission Hill": "米申山",
    "Roslindale": "罗斯林代尔",
    "Roxbury": "罗克斯伯里",
    "South Boston / South Boston Waterfront": "南波士顿/南波士顿海滨",
    "South End": "南端",
    "West Roxbury": "西罗克斯伯里",
}
"""By the English name that rows print; plain transliterations and translations. Source: our own."""

SUBJECTS_ZH: Final[dict[str, str]] = {
    "Animal Control": "动物管理",
    "Boston Water & Sewer Commission": "波士顿供水与排水委员会",
    "City Hall Truck": "市政厅服务车",
    "Civil Rights": "民权",
    "Disability Department": "残障事务部",
    "Disabilities": "残障事务",
    "Inspectional Services": "检查执法服务",
    "Mayor's 24 Hour Hotline": "市长24小时热线",
    "Needle Pickup": "针头收取",
    "Parks & Recreation Department": "公园与康乐部",
    "Property Management": "物业管理",
    "Public Works Department": "公共工程部",
    "Transportation": "交通",
    "Transportation - Traffic Division": "交通部交通处",
    "Veterans": "退伍军人事务",
    "Youthline": "青年热线",
}
"""By the department's English name."""
