"""The hpack library of Python as a peer: one JSON object a line in, one a line out. Text is one character an octet.

{"op": "new"}                                                    a new connection
{"op": "encode", "limits": [n...], "fields": [[name, value]...], "sensitive": [name...], "huffman": bool}
    -> {"block": hex, ...table}
{"op": "decode", "limits": [n...], "block": hex}
    -> {"fields": [[name, value, never]...], ...table}
table is {"size": octets, "entries": [[name, value]...]}, newest first. What goes wrong comes back as {"error": text}.
"""
import json
import sys

import hpack


def octets(text):
    return text.encode("latin-1")


def text(octets):
    return bytes(octets).decode("latin-1")


class Connection:
    def __init__(self):
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder(max_header_list_size=2**24)

    def encode(self, message):
        for limit in message["limits"]:
            self.encoder.header_table_size = limit
        sensitive = message["sensitive"]
        fields = [(octets(name), octets(value), name in sensitive) for name, value in message["fields"]]
        block = self.encoder.encode(fields, huffman=message["huffman"])
        return {"block": block.hex(), **table(self.encoder.header_table)}

    def decode(self, message):
        for limit in message["limits"]:
            self.decoder.max_allowed_table_size = limit
        fields = self.decoder.decode(bytes.fromhex(message["block"]), raw=True)
        lines = [[text(field[0]), text(field[1]), not field.indexable] for field in fields]
        return {"fields": lines, **table(self.decoder.header_table)}


def table(header_table):
    entries = [[text(name), text(value)] for name, value in header_table.dynamic_entries]
    return {"size": header_table._current_size, "entries": entries}


def main():
    connection = Connection()
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if message["op"] == "new":
                connection = Connection()
                answer = {}
            elif message["op"] == "encode":
                answer = connection.encode(message)
            else:
                answer = connection.decode(message)
        except Exception as error:
            answer = {"error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
