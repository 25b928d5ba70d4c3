"""One connection of a client: h2 on one side, exchanges on the other."""

import asyncio
import functools
import time
from email.utils import formatdate

import h2.exceptions
from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    PingAckReceived,
    RequestReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    UnknownFrameReceived,
)
from h2.settings import SettingCodes, Settings
from hpack.exceptions import HPACKError
from hyperframe.frame import GoAwayFrame

from . import frames, priority
from .exchange import CANCEL, MOST_ROOM, NO_ERROR, REFUSED_STREAM, Exchange
from .fields import Malformed, content_length_of, request_of, trailers_of
from .mending import Refused, mended

PROTOCOL_ERROR, COMPRESSION_ERROR = 1, 9
# Octets of the code at the end of a GOAWAY.
GOAWAY_CODE = 4
SETTINGS = 0x4
PRIORITY_UPDATE = 0x10
NO_RFC7540_PRIORITIES = 0x9
PREFACE = 24
MARK = 262_144
# Seconds.
DRAIN_LIMIT = 1.0
SETTLE_LIMIT = 0.05
PING_OF_DRAIN = b"draining"


class Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server = server
        self.loop = asyncio.get_running_loop()
        self.exchanges = {}
        self.numbers = {}
        self.draining = False
        self.peer_goaway = False
        self._trailers = {}
        # Events of requests beyond the limit, by stream.
        self._waiting = {}
        self._updates = {}
        self._octets = bytearray()
        self._preface = False
        self._greeted = False
        self._final = None
        self._highest = 0
        self._paused = False
        self._scheduled = False
        self._returned = 0
        self._closing = False

    # The transport -------------------------------------------------------------------------------------------------

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(high=MARK)
        ssl = transport.get_extra_info("ssl_object")
        if ssl is not None and ssl.selected_alpn_protocol() != "h2":
            return transport.abort()
        self.server.connections.add(self)
        # A malformed request is an error of its stream; h2 would make it one of the connection.
        config = H2Configuration(client_side=False, header_encoding=None, validate_inbound_headers=False)
        self.h2 = H2Connection(config)
        # Huffman coding in Python takes 5 ms for 8 KiB, in which nobody else is served.
        self.h2.encoder.encode = functools.partial(self.h2.encoder.encode, huffman=False)
        self.h2.local_settings = own_settings(self.server.max_streams)
        self.h2.initiate_connection()
        # The limit is kept here, with REFUSED_STREAM (MSGI-MODEL-12); h2 would end the connection.
        self.h2.local_settings = own_settings(2**31 - 1)
        if self.server.initial_window != 65_535:
            # Only what the client has acknowledged binds it (MSGI-FLOW-12).
            self.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: self.server.initial_window})
        self.flush()

    def data_received(self, octets):
        self._octets += octets
        try:
            # Frame by frame: h2 drops the events before an error in what it is given at once.
            while not self._closing and (frame := self._next_frame()):
                self._check_first(frame)
                if self._greeted:
                    frame = mended(frame, self.h2.highest_outbound_stream_id, self._is_reserved)
                for event in self.h2.receive_data(frame):
                    self._event(event)
        except Refused as error:
            self.h2.close_connection(error.code)
            self._broken(error.code)
        except h2.exceptions.ProtocolError as error:
            if isinstance(error.__context__, HPACKError) and error.error_code == PROTOCOL_ERROR:
                return self._undecodable()
            self._broken(int(error.error_code))
        if self._returned and not self._closing:
            self.h2.increment_flow_control_window(self._returned)
        self._returned = 0
        self.pump()

    def _broken(self, code):
        self._fail_all(code, "peer")
        self.close()

    def _undecodable(self):
        """h2 says PROTOCOL_ERROR for a field block that cannot be decoded (RFC 9113 section 4.3); its GOAWAY is the last it says."""
        octets = self.h2.data_to_send()
        if not self.transport.is_closing():
            self.transport.write(octets[:-GOAWAY_CODE] + COMPRESSION_ERROR.to_bytes(GOAWAY_CODE, "big"))
        self._broken(COMPRESSION_ERROR)

    def _is_reserved(self, stream):
        exchange = self.exchanges.get(stream)
        return exchange is not None and exchange.state == "idle"

    def _next_frame(self):
        octets = self._octets
        if not self._preface:
            length = PREFACE
            # Anything else is for h2 to refuse.
            if not b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".startswith(octets[:PREFACE]):
                length = len(octets)
            self._preface = len(octets) >= length
        else:
            length = 9 + int.from_bytes(octets[:3], "big") if len(octets) >= 9 else PREFACE
            if length - 9 > self.h2.max_inbound_frame_size and len(octets) >= 9:
                length = 9
        if len(octets) < length:
            return b""
        frame = bytes(octets[:length])
        del octets[:length]
        return frame

    def _check_first(self, frame):
        """SETTINGS follows the preface (RFC 9113 section 3.4); h2 takes anything."""
        if self._greeted or not self._preface or frame.startswith(b"PRI"):
            return
        self._greeted = True
        if len(frame) >= 9 and (frame[3] != SETTINGS or frame[4] & 1):
            self.h2.close_connection(PROTOCOL_ERROR)
            raise h2.exceptions.ProtocolError("no SETTINGS behind the preface")

    def eof_received(self):
        return False

    def connection_lost(self, _):
        self._closing = True
        self._fail_all(CANCEL, "transport")
        for pipe, number in self.numbers.items():
            pipe.close(number)
        self.server.connections.discard(self)

    def _fail_all(self, code, by):
        for exchange in list(self.exchanges.values()):
            exchange.fail(code, by)

    def pause_writing(self):
        self._paused = True

    def resume_writing(self):
        self._paused = False
        self.pump()

    def flush(self):
        octets = self.h2.data_to_send()
        if octets and not self.transport.is_closing():
            self.transport.write(octets)

    def close(self):
        self.flush()
        self._closing = True
        self.transport.close()

    def wake(self):
        """Something is to be sent, once, at the end of the present turn."""
        if not self._scheduled:
            self._scheduled = True
            self.loop.call_soon(self._woken)

    def _woken(self):
        self._scheduled = False
        self.pump()

    # Events of h2 --------------------------------------------------------------------------------------------------

    def _event(self, event):
        waiting = self._waiting.get(getattr(event, "stream_id", None))
        if waiting is not None:
            return self._waits(waiting, event)
        if isinstance(event, RequestReceived):
            self._request(event)
        elif isinstance(event, DataReceived):
            self._data(event)
        elif isinstance(event, TrailersReceived):
            self._take_trailers(event)
        elif isinstance(event, StreamEnded):
            self._ended(event.stream_id)
        elif isinstance(event, StreamReset) and event.remote_reset:
            exchange = self.exchanges.get(event.stream_id)
            if exchange is not None:
                exchange.fail(int(event.error_code), "peer")
        elif isinstance(event, PingAckReceived) and event.ping_data == PING_OF_DRAIN:
            self.finish_drain()
        elif isinstance(event, UnknownFrameReceived) and event.frame.type == PRIORITY_UPDATE:
            self._update(event.frame)
        elif isinstance(event, ConnectionTerminated):
            self._goaway(event)

    def _request(self, event):
        stream = event.stream_id
        if self._final is not None and stream > self._final:
            return self.reset(stream, REFUSED_STREAM)
        if len(self.exchanges) >= self.server.max_streams:
            return self._put_off(event)
        self._highest = max(self._highest, stream)
        try:
            request = request_of(event.headers)
            if event.stream_ended is not None and content_length_of(request["fields"]):
                raise Malformed("a content-length without content")
        except Malformed:
            return self.reset(stream, PROTOCOL_ERROR)
        pipe = self.server.application.pipe
        if request["method"] == "CONNECT":
            self._refuse(stream, 501, event)
        elif pipe is None:
            self._refuse(stream, 503, event)
        else:
            self._begin(pipe, stream, request, event.stream_ended is not None)

    def _waits(self, waiting, event):
        if isinstance(event, StreamReset):
            del self._waiting[event.stream_id]
        else:
            waiting.append(event)

    def _put_off(self, event):
        """Beyond the limit. SETTLED of an exchange that has failed may be on its way (MSGI-MODEL-14)."""
        stream = event.stream_id
        if all(not exchange.closed for exchange in self.exchanges.values()):
            return self.reset(stream, REFUSED_STREAM)
        self._waiting[stream] = [event]
        self.loop.call_later(SETTLE_LIMIT, self._give_up_waiting, stream)

    def _give_up_waiting(self, stream):
        if self._waiting.pop(stream, None) is not None:
            self.reset(stream, REFUSED_STREAM)

    def _admit(self):
        """There is room: what has waited happens now."""
        while self._waiting and len(self.exchanges) < self.server.max_streams:
            for event in self._waiting.pop(next(iter(self._waiting))):
                self._event(event)

    def _refuse(self, stream, status, event):
        self.head(stream, status, [], True)
        if event.stream_ended is None:
            self.reset(stream, NO_ERROR)

    def number_of(self, pipe):
        if pipe not in self.numbers:
            self.numbers[pipe] = pipe.open(self, self._facts())
            if self.draining:
                pipe.send(frames.DRAIN, self.numbers[pipe])
        return self.numbers[pipe]

    def _facts(self):
        info = self.transport.get_extra_info
        ssl = info("ssl_object")
        tls = None
        if ssl is not None:
            tls = {
                "version": ssl.version(),
                "cipher": ssl.cipher()[0],
                "alpn": ssl.selected_alpn_protocol() or "",
                "sni": getattr(ssl, "msgi_sni", None) or "",
                "chain": [],
                "verified": False,
            }
        return {"peer": address(info("peername")), "local": address(info("sockname")), "tls": tls}

    def caps(self):
        return {
            "multiplex": True,
            "duplex": True,
            "push": self._takes_promises(),
            "inform": True,
            "trailers": True,
            "tunnel": False,
            "credit": "exact",
            "priority": "urgency",
            "reset": "code",
        }

    def _takes_promises(self):
        return bool(self.h2.remote_settings.enable_push) and not self.draining and not self.peer_goaway

    def _begin(self, pipe, stream, request, ended):
        connection = self.number_of(pipe)
        exchange = Exchange(self, pipe, stream, pipe.odd(), request, self._allowance(ended), ended)
        exchange.expected = content_length_of(request["fields"])
        exchange.priority = self._updates.pop(stream, None) or priority.of_fields(request["fields"])
        self.exchanges[stream] = exchange
        if not pipe.begin(exchange, exchange.open(connection, self.caps())):
            del self.exchanges[stream]
            self.head(stream, 431, [], True)
            if not ended:
                self.reset(stream, NO_ERROR)

    def _allowance(self, ended):
        return 0 if ended else self.server.initial_window

    def _data(self, event):
        """The window of the connection is returned on receipt (MSGI-FLOW-17), that of padding too (MSGI-FLOW-14)."""
        length, content = event.flow_controlled_length, event.data
        self._returned += length
        exchange = self.exchanges.get(event.stream_id)
        if exchange is None:
            return
        if length > len(content) and event.stream_ended is None:
            self.grant(event.stream_id, length - len(content))
        if content:
            exchange.on_data(content)

    def _take_trailers(self, event):
        try:
            self._trailers[event.stream_id] = trailers_of(event.headers)
        except Malformed:
            self._malformed(event.stream_id)

    def _malformed(self, stream):
        exchange = self.exchanges.get(stream)
        self.reset(stream, PROTOCOL_ERROR)
        if exchange is not None:
            exchange.fail(PROTOCOL_ERROR, "peer")

    def _ended(self, stream):
        exchange = self.exchanges.get(stream)
        trailers = self._trailers.pop(stream, [])
        if exchange is None or exchange.source == "ended":
            return
        if exchange.expected not in (None, exchange.received):
            self._malformed(stream)
        else:
            exchange.on_end(trailers)

    def _update(self, frame):
        if len(frame.body) < 4:
            return
        stream, wish = priority.of_update(frame.body)
        if wish is None:
            return
        if stream in self.exchanges:
            self.exchanges[stream].on_priority(wish)
        elif stream > self._highest and stream % 2 == 1 and len(self._updates) < self.server.max_streams:
            self._updates[stream] = wish

    def _goaway(self, event):
        """h2 takes it for the end of the connection; what is under way is served all the same."""
        self.peer_goaway = True
        for exchange in list(self.exchanges.values()):
            if exchange.pushed and exchange.stream > event.last_stream_id:
                exchange.fail(REFUSED_STREAM, "peer")
        self.h2.state_machine.state = ConnectionState.SERVER_OPEN

    # What exchanges ask for ----------------------------------------------------------------------------------------

    def _try(self, call, *arguments, **named):
        """h2 throws for streams that have ended in between; there is nothing to say on them any more."""
        try:
            call(*arguments, **named)
        except (h2.exceptions.ProtocolError, KeyError):
            return
        self.wake()

    def send_window(self, stream):
        try:
            return max(0, self.h2.local_flow_control_window(stream))
        except (h2.exceptions.ProtocolError, KeyError):
            return 0

    def head(self, stream, status, lines, end):
        fields = [(b":status", b"%d" % status), *lines]
        if not any(line[0] == b"date" for line in lines):
            fields.append((b"date", formatdate(usegmt=True).encode()))
        self._try(self.h2.send_headers, stream, fields, end_stream=end)

    def inform(self, stream, status, lines):
        if stream % 2 == 0:
            return  # h2 takes an informational response on a promised stream for an error of ours, and closes it.
        self.flush()
        if self._paused:
            return  # What the client does not take is not kept for ever (MSGI-FLOW-29).
        self._try(self.h2.send_headers, stream, [(b":status", b"%d" % status), *lines])

    def grant(self, stream, octets):
        self._try(self.h2.increment_flow_control_window, octets, stream)

    def reset(self, stream, code):
        if stream not in self.h2.streams or self.h2.streams[stream].closed:
            return  # h2 would say it on a stream that both have ended.
        self._try(self.h2.reset_stream, stream, code)

    def stop_request(self, exchange):
        """The response is complete and the request is not wanted: NO_ERROR, so that the client keeps it (MSGI-LIFE-45)."""
        self.reset(exchange.stream, NO_ERROR)

    def forget(self, exchange):
        self.exchanges.pop(exchange.stream, None)
        if self._waiting and not self._closing:
            self.loop.call_soon(self._admit)
        if self.draining:
            self.close_if_done()

    def push(self, parent, payload, lines):
        pipe = parent.pipe
        limit = self.h2.remote_settings.max_concurrent_streams
        promised = sum(1 for exchange in self.exchanges.values() if exchange.pushed)
        if not self._takes_promises() or promised >= limit or self._paused:
            return pipe.refuse(payload["promise"])
        request = parent.request
        stream = self.h2.get_next_available_stream_id()
        head = {**request, "method": payload["method"], "target": payload["target"], "fields": payload["fields"]}
        head.pop("sensitive", None)
        if "sensitive" in payload:
            head["sensitive"] = payload["sensitive"]
        pseudo = [
            (b":method", head["method"].encode()),
            (b":scheme", head["scheme"].encode("latin-1")),
            (b":authority", head["authority"].encode("latin-1")),
            (b":path", head["target"].encode("latin-1")),
        ]
        # h2 4.1 forgets the four octets of the promised identifier where it cuts a block, and fails an assertion.
        promising = self.h2.streams[parent.stream]
        promising.max_outbound_frame_size -= 4
        try:
            self.h2.push_stream(parent.stream, stream, pseudo + lines)
        except h2.exceptions.ProtocolError:
            return pipe.refuse(payload["promise"])
        finally:
            promising.max_outbound_frame_size += 4
        self.wake()
        pushed = Exchange(self, pipe, stream, payload["promise"], head, 0, True, pushed=True)
        pushed.priority = priority.of_fields(head["fields"])
        self.exchanges[stream] = pushed
        pipe.begin(pushed, pushed.open(self.numbers[pipe], self.caps()))

    # Sending -------------------------------------------------------------------------------------------------------

    def pump(self):
        """Content of the most urgent first, those of one urgency in turns, as far as the windows go."""
        if self._closing:
            return
        waiting = sorted((x for x in self.exchanges.values() if x.out or x.ending is not None), key=lambda x: x.urgency)
        while waiting and not self._paused:
            waiting = [exchange for exchange in waiting if self._send_some(exchange)]
            self.flush()
        self.flush()
        self._give_room()

    def _send_some(self, exchange):
        """One frame; whether there may be more."""
        stream, out = exchange.stream, exchange.out
        size = min(len(out), self.send_window(stream), self.h2.max_outbound_frame_size)
        try:
            if size:
                last = size == len(out) and exchange.ending == []
                self.h2.send_data(stream, bytes(out[:size]), end_stream=last)
                del out[:size]
                exchange.sent += size
                exchange.progress = time.monotonic()
                if last:
                    exchange.completed()
                    return False
            elif not out and exchange.ending is not None:
                if exchange.ending:
                    self.h2.send_headers(stream, exchange.ending, end_stream=True)
                else:
                    self.h2.end_stream(stream)
                exchange.completed()
                return False
        except (h2.exceptions.ProtocolError, KeyError):
            return False
        return size > 0

    def _give_room(self):
        """What the windows let through and nobody holds yet (MSGI-PROC-30), in steps that are worth a frame."""
        for exchange in self.exchanges.values():
            if exchange.state not in ("idle", "open") or exchange.bare:
                continue
            window = 0 if self._paused else min(self.send_window(exchange.stream), MOST_ROOM)
            more = window - len(exchange.out) - exchange.room
            if more > 0 and more >= exchange.room:
                exchange.room += more
                exchange.send(frames.CREDIT, more)

    def tick(self, now):
        for exchange in list(self.exchanges.values()):
            if not exchange.blocked:
                exchange.progress = now
            elif now - exchange.progress > self.server.send_timeout:
                exchange.limit()

    # Drain ---------------------------------------------------------------------------------------------------------

    def drain(self):
        """Steps 2 to 7 of section 10.2."""
        if self.draining or self._closing:
            return
        self.draining = True
        for pipe, number in self.numbers.items():
            pipe.send(frames.DRAIN, number)
        self._goaway_now(2**31 - 1)
        self.h2.ping(PING_OF_DRAIN)
        self.flush()
        self.loop.call_later(DRAIN_LIMIT, self.finish_drain)

    def _goaway_now(self, last):
        """Not by h2, which would send nothing afterwards."""
        self.flush()
        if not self.transport.is_closing():
            self.transport.write(GoAwayFrame(stream_id=0, last_stream_id=last, error_code=NO_ERROR).serialize())

    def finish_drain(self):
        if self._final is None and not self._closing:
            self._final = self._highest
            self._goaway_now(self._final)
            self.close_if_done()

    def close_if_done(self):
        if self._final is not None and all(exchange.closed for exchange in self.exchanges.values()):
            self.loop.call_soon(self._close_gently)

    def _close_gently(self):
        if not self._closing:
            self.close()

    def cancel(self):
        self.finish_drain()
        for exchange in list(self.exchanges.values()):
            exchange.limit()
        self.close_if_done()


def own_settings(max_streams):
    values = {
        SettingCodes.MAX_CONCURRENT_STREAMS: max_streams,
        SettingCodes.MAX_HEADER_LIST_SIZE: 65_536,
        NO_RFC7540_PRIORITIES: 1,
    }
    return Settings(client=False, initial_values=values)


def address(name):
    return {"host": name[0], "port": name[1]} if isinstance(name, tuple) else None
