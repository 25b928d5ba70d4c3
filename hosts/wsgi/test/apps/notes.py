"""What the sites are about: notes with versions and files, and what refuses."""

FORM = "<form method=post>{{ message }}<input name=user><input name=password></form>\n"
LIST = (
    "<h1>Notes of {{ user }}</h1>{% for one in said %}<p>{{ one }}</p>{% endfor %}"
    "<ul>{% for note in notes %}<li>{{ note.title }}</li>{% endfor %}</ul>\n"
)
SEEDS = 40


class Refused(Exception):
    """What a user has done wrong."""

    def __init__(self, status, message, **details):
        super().__init__(message)
        self.status = status
        self.details = details


def etag(note):
    return f"{note['id']}-{note['version']}"


def checked(given):
    title, text = (given.get("title"), given.get("text")) if isinstance(given, dict) else (None, None)
    details = {}
    if not isinstance(title, str) or not title.strip():
        details["title"] = "a title is a text that is not empty"
    if not isinstance(text, str):
        details["text"] = "a text is a text"
    if details:
        raise Refused(422, "that is no note", **details)
    return {"title": title, "text": text}


class Board:
    def __init__(self):
        self._notes = {}
        self._files = {}
        self._next = 1
        for n in range(SEEDS):
            self.add("grace", {"title": f"Note <{n}>", "text": f"the text of {n}, " * n})

    def page(self, number, size=10):
        found = list(self._notes.values())[(number - 1) * size : number * size]
        if number < 1 or not found:
            raise Refused(404, "no such page")
        return found

    def note(self, key):
        if key not in self._notes:
            raise Refused(404, "no such note")
        return self._notes[key]

    def add(self, author, given):
        note = {"id": self._next, "author": author, "version": 1, **checked(given)}
        self._notes[self._next] = note
        self._next += 1
        return note

    def change(self, key, known, given):
        """`known`: whether the client knows this version; None where it says nothing of it."""
        note = self.note(key)
        if known is None:
            raise Refused(428, "say which version you know")
        if not known:
            raise Refused(412, "somebody was here before you")
        self._notes[key] = {**note, **checked(given), "version": note["version"] + 1}
        return self._notes[key]

    def remove(self, key):
        self.note(key)
        del self._notes[key]

    def attach(self, key, files):
        self.note(key)
        if not files:
            raise Refused(422, "no file is given")
        for name, kind, content in files:
            self._files[key, name] = (kind, content)
        return [name for name, _, _ in files]

    def file(self, key, name):
        self.note(key)
        if (key, name) not in self._files:
            raise Refused(404, "no such file")
        return self._files[key, name]

    def lines(self):
        yield "id,day,title\n"
        for note in list(self._notes.values()):
            for day in range(100):
                yield f"{note['id']},{day},{note['title']}\n"
