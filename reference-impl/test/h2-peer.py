"""The h2 library of Python as a client: what it sees goes to stdout, one line each.

h2-peer.py PORT push             GET /, and whatever is promised for it
h2-peer.py PORT tunnel NAME      extended CONNECT for that protocol, "ping" into the tunnel, and the end
"""
import socket
import sys

import h2.connection
import h2.events
import h2.settings

port, what = int(sys.argv[1]), sys.argv[2]
transport = socket.create_connection(("127.0.0.1", port), timeout=20)
client = h2.connection.H2Connection()
client.initiate_connection()
request = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a.test")]
open_streams = set()


def begin():
    stream = client.get_next_available_stream_id()
    open_streams.add(stream)
    if what == "push":
        client.send_headers(stream, request, end_stream=True)
        return
    fields = [(":method", "CONNECT"), (":protocol", sys.argv[3])] + request[1:]
    client.send_headers(stream, fields)


def see(event):
    if isinstance(event, h2.events.RemoteSettingsChanged):
        code = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL
        print("connect protocol", client.remote_settings.get(code, 0))
        begin()
    elif isinstance(event, h2.events.PushedStreamReceived):
        open_streams.add(event.pushed_stream_id)
        print("promise", event.pushed_stream_id, dict(event.headers)[b":path"].decode())
    elif isinstance(event, h2.events.ResponseReceived):
        print("response", event.stream_id, dict(event.headers)[b":status"].decode())
        if what == "tunnel":
            client.send_data(event.stream_id, b"ping", end_stream=True)
    elif isinstance(event, h2.events.DataReceived):
        client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if event.data:
            print("data", event.stream_id, event.data.decode())
    elif isinstance(event, h2.events.StreamEnded):
        print("end", event.stream_id)
        open_streams.discard(event.stream_id)
    elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
        print(type(event).__name__, int(event.error_code))
        sys.exit(1)


seen_settings = False
while not seen_settings or open_streams:
    transport.sendall(client.data_to_send())
    octets = transport.recv(65536)
    if not octets:
        sys.exit("the server has closed the connection")
    for each in client.receive_data(octets):
        seen_settings = seen_settings or isinstance(each, h2.events.RemoteSettingsChanged)
        see(each)
client.close_connection()
transport.sendall(client.data_to_send())
