"""What a client asks for by RFC 9218: the `priority` field and PRIORITY_UPDATE."""

import re

NONE = {"scheme": "none", "urgency": 3, "incremental": False}
PARAMETER = re.compile(r"[ \t]*([a-z*][a-z0-9_\-.*]*)(?:=([^,;]*))?(?:;[^,]*)?[ \t]*")


def parse(value):
    """Urgency and incremental of a field value; None where it cannot be parsed (MSGI-PRIO-9)."""
    urgency, incremental = 3, False
    for part in value.split(",") if value.strip() else []:
        parameter = PARAMETER.fullmatch(part)
        if parameter is None:
            return None
        name, argument = parameter.groups()
        if name == "u" and argument is not None and re.fullmatch("[0-7]", argument):
            urgency = int(argument)
        elif name == "i" and argument in (None, "?0", "?1"):
            incremental = argument != "?0"
    return {"scheme": "urgency", "urgency": urgency, "incremental": incremental}


def of_fields(fields):
    values = [fields[i + 1] for i in range(0, len(fields), 2) if fields[i] == "priority"]
    return (parse(", ".join(values)) if values else None) or NONE


def of_update(body):
    """(stream, priority) of a PRIORITY_UPDATE; priority None where the value cannot be parsed."""
    stream = int.from_bytes(body[:4], "big") & 0x7FFFFFFF
    return stream, parse(body[4:].decode("latin-1"))
