#!/usr/bin/env python3
"""What strangers on HTTP, websockets, SIP and the log cost a caller, and what memory they leave behind.

    benches/isolation.py SANTRAL [SECONDS] [NAME…]

Starts `SANTRAL demo` in a folder of its own, then measures twice under each kind of crowd: the time from OPTIONS to its
answer, and from INVITE to 200 OK, while the crowd does its worst. Answers are timed by the kernel's own stamp of their
arrival, so that the load's own use of the cores is not taken for the daemon's. Everything is on loopback, bounded in
count and time. Needs Linux and Python 3.9, nothing else.
"""
import base64, json, os, select, selectors, socket, statistics, struct, subprocess, sys, tempfile, time
from multiprocessing import Event, Process

SO_TIMESTAMPNS = 35
BACK = 60          # seconds within which memory must be back
NEAR = 8_000       # kB that count as back


# ---- the measured side ------------------------------------------------------------------------------------------------
class Phone:
    """A caller that asks and times."""

    def __init__(self, sip, address):
        host, port = sip.rsplit(':', 1)
        self.to, self.address = (host, int(port)), address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]
        self.count = 0

    def message(self, method, call, to_tag='', body='', cseq=None):
        number = cseq or 1
        sdp = f'Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}' if body else 'Content-Length: 0\r\n\r\n'
        tag = f';tag={to_tag}' if to_tag else ''
        self.count += 1
        return (
            f'{method} sip:500@{self.to[0]}:{self.to[1]} SIP/2.0\r\n'
            f'Via: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{call}{self.count};rport\r\n'
            f'Max-Forwards: 70\r\nFrom: <sip:05321112233@{self.address}>;tag={call}\r\nTo: <sip:500@{self.to[0]}>{tag}\r\n'
            f'Call-ID: {call}@bench\r\nCSeq: {number} {method}\r\nContact: <sip:05321112233@{self.address}:{self.port}>\r\n{sdp}'
        ).encode()

    def hear(self, call, until, wanted):
        """The kernel's time at which a wanted answer of this call arrived, and the answer; None when it is late."""
        while True:
            left = until - time.time()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            data, control, _, _ = self.socket.recvmsg(65_535, 256)
            text = data.decode('utf-8', 'replace')
            if call not in text or not text.startswith('SIP/2.0') or not wanted(int(text[8:11])):
                continue
            seconds, nanos = struct.unpack('qq', control[0][2][:16])
            return seconds + nanos / 1e9, text

    def options(self, n):
        call = f'o{self.port}n{n}'
        begun = time.time()
        self.socket.sendto(self.message('OPTIONS', call), self.to)
        heard = self.hear(call, begun + 4, lambda status: status >= 200)
        return heard[0] - begun if heard else None

    def invite(self, n):
        call = f'i{self.port}n{n}'
        sdp = (f'v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n'
               f'm=audio {30_000 + n % 5_000 * 2} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n')
        begun = time.time()
        invite = self.message('INVITE', call, body=sdp)
        self.socket.sendto(invite, self.to)
        heard = self.hear(call, begun + 0.5, lambda status: status >= 200)
        if heard is None:  # RFC 3261 timer A: said again, and the loss counts as time
            self.socket.sendto(invite, self.to)
            heard = self.hear(call, begun + 4, lambda status: status >= 200)
        if heard is None or not heard[1].startswith('SIP/2.0 200'):
            return None
        lines = heard[1].split('\r\n')
        tag = next(line for line in lines if line.lower().startswith('to:')).split('tag=')[1].split(';')[0]
        self.socket.sendto(self.message('ACK', call, tag), self.to)
        self.socket.sendto(self.message('BYE', call, tag, cseq=2), self.to)
        self.hear(call, time.time() + 1, lambda status: status >= 200)
        return heard[0] - begun


def measure(sip, seconds):
    phone = Phone(sip, '127.0.0.7')
    options, invites, lost = [], [], 0
    until, n = time.time() + seconds, 0
    while time.time() < until:
        n += 1
        for kind, took in ((options, phone.options(n)), (invites, phone.invite(n))):
            if took is None:
                lost += 1
            else:
                kind.append(took * 1000)
        time.sleep(0.05)
    return options, invites, lost


def rss(pid):
    with open(f'/proc/{pid}/status') as status:
        return int(next(line for line in status if line.startswith('VmRSS')).split()[1])


# ---- the crowds -------------------------------------------------------------------------------------------------------
def connect(http, source='127.0.0.1'):
    host, port = http.rsplit(':', 1)
    made = socket.socket()
    made.bind((source, 0))
    made.settimeout(5)
    made.connect((host, int(port)))
    made.setblocking(False)
    return made


def source(n):
    return f'127.0.{1 + n // 200}.{1 + n % 200}'


def crowd(http, stop, number, request, reads=True, per_address=40, depth=1):
    """`number` connections that send a request again and again; one that is cut comes back."""
    poll, host = selectors.DefaultSelector(), http
    waiting = {}

    def come(n):
        try:
            made = connect(host, source(n // per_address))
        except OSError:
            return
        poll.register(made, selectors.EVENT_READ | selectors.EVENT_WRITE, n)
        waiting[made] = 0

    for n in range(number):
        come(n)
    while not stop.is_set():
        for key, events in poll.select(0.1):
            made, n = key.fileobj, key.data
            try:
                if events & selectors.EVENT_WRITE and waiting[made] < depth:
                    made.send(request(n))
                    waiting[made] += 1
                    poll.modify(made, selectors.EVENT_READ if reads else selectors.EVENT_WRITE, n)
                if reads and events & selectors.EVENT_READ:
                    if not made.recv(262_144):
                        raise OSError
                    waiting[made] = 0
                    poll.modify(made, selectors.EVENT_READ | selectors.EVENT_WRITE, n)
            except BlockingIOError:
                pass
            except OSError:
                poll.unregister(made)
                made.close()
                waiting.pop(made, None)
                come(n)
        if not reads:
            time.sleep(0.05)
    for key in list(poll.get_map().values()):
        key.fileobj.close()


def get(path, headers=''):
    head = f'GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n{headers}\r\n'.encode()
    return lambda n: head


def sign_in(n):
    body = json.dumps({'name': f'n{n}-{time.time_ns()}', 'password': 'wrong'}).encode()
    return (f'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
            f'Content-Length: {len(body)}\r\n\r\n').encode() + body


def foreign(n):
    return (f'POST /{"x" * 12_000} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n').encode()


def made_up(n):
    return (f'GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nCookie: santral_session={os.urandom(32).hex()}\r\n\r\n').encode()


def desks(http, stop, cookie):
    """Desks of one person that talk without end."""
    while not stop.is_set():
        open_desks = []
        for _ in range(8):
            try:
                made = connect(http)
                made.setblocking(True)
                made.settimeout(1)
                key = base64.b64encode(os.urandom(16)).decode()
                made.sendall((f'GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n'
                              f'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n'
                              'Sec-WebSocket-Protocol: santral.v1\r\n\r\n').encode())
                made.recv(4096)
                made.sendall(frame(b'{"type":"hello","resume":null}'))
                open_desks.append(made)
            except OSError:
                pass
        flood = frame(b'{"type":"ping"}') * 500
        while open_desks and not stop.is_set():
            for made in list(open_desks):
                try:
                    made.sendall(flood)
                    made.recv(262_144)
                except OSError:
                    made.close()
                    open_desks.remove(made)


def frame(text):
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


def invites(sip, stop, rate):
    """Strangers who call, at most `rate` a second."""
    host, port = sip.rsplit(':', 1)
    phones = [Phone(sip, source(300 + n)) for n in range(20)]
    n, begun = 0, time.time()
    while not stop.is_set():
        n += 1
        phone = phones[n % len(phones)]
        phone.socket.setblocking(False)
        text = phone.message('INVITE', f'f{n}').replace(b'sip:500@', b'sip:0009053211122%d@' % (n % 100))
        try:
            phone.socket.sendto(text, (host, int(port)))
            while True:
                phone.socket.recv(4096)
        except BlockingIOError:
            pass
        ahead = n / rate - (time.time() - begun)
        if ahead > 0:
            time.sleep(ahead)


# ---- one run ----------------------------------------------------------------------------------------------------------
def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float('nan')


def row(name, result, before, peak, after, back):
    options, calls, lost = result
    print(f'| {name} | {statistics.median(options):.1f} | {quantile(options, 0.99):.1f} | {statistics.median(calls):.1f} '
          f'| {quantile(calls, 0.95):.1f} | {lost} of {len(options) + len(calls) + lost} '
          f'| {before // 1000} | {peak // 1000} | {after // 1000} after {back} s |', flush=True)


def under(name, facts, pid, seconds, workers):
    before, stop = rss(pid), Event()
    crowds = [Process(target=target, args=(arguments[0], stop, *arguments[1:])) for target, *arguments in workers]
    for one in crowds:
        one.start()
    if crowds:
        time.sleep(2)
    peak_end, peak = Event(), [before]
    result = measure(facts['sip'], seconds)
    peak = max(before, rss(pid))
    stop.set()
    for one in crowds:
        one.join(10)
        if one.is_alive():
            one.kill()
    back = 0
    while back < BACK and rss(pid) > before + NEAR:
        time.sleep(5)
        back += 5
    row(name, result, before, peak, rss(pid), back)


def session(facts):
    import urllib.request
    person = next(one for one in facts['users'] if one['role'] == 'agent')
    body = json.dumps({'name': person['name'], 'password': person['password']}).encode()
    asked = urllib.request.Request(f"{facts['http']}/api/v1/session", body, {'Content-Type': 'application/json'})
    with urllib.request.urlopen(asked) as answer:
        return answer.headers.get_all('Set-Cookie')[0].split(';')[0]


def main():
    binary, seconds, only = sys.argv[1], int((sys.argv[2:] or ['15'])[0]), sys.argv[3:]
    with tempfile.TemporaryDirectory(prefix='santral-isolation-') as data:
        log = open(os.path.join(data, 'log'), 'wb')
        command = [binary, 'demo', '--json', '--no-caller', '--port', '0', '--sip-port', '0', '--data', data + '/data']
        daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        try:
            facts = json.loads(daemon.stdout.readline())
            http, sip = facts['http'].removeprefix('http://'), facts['sip']
            cookie = session(facts)
            import re, urllib.request
            index = urllib.request.urlopen(facts['http']).read().decode()
            page = re.search(r'assets/index-?[^"]*\.js', index).group(0)
            half = lambda number, request, **more: [(named, http, number // 2, request, more) for named in (crowd_with, crowd_with)]
            listing = get('/api/v1/calls?limit=100', f'Cookie: {cookie}\r\n')
            kinds = {
                'idle': [],
                '40 greedy': half(40, get('/' + page)),
                '200 greedy': half(200, get('/' + page)),
                '1000 greedy': half(1000, get('/' + page)),
                '200 ask for the description': half(200, get('/api/openapi.json')),
                '2000 that read nothing': half(2000, get('/' + page), reads=False, depth=50, per_address=50),
                '200 sign in wrongly': half(200, sign_in),
                '100 foreign origins': half(100, foreign),
                '200 made-up sessions': half(200, made_up),
                '8 desks that talk': [(desks, http, cookie)],
                '40 lists of one person': half(40, listing),
                'INVITE flood, 3000/s': [(invites, sip, 3_000)],
                'idle again': [],
            }
            print('| crowd | OPTIONS p50 ms | p99 | set-up p50 ms | p95 | unanswered | RSS before MB | under it | back |')
            print('|---|---|---|---|---|---|---|---|---|')
            for name, workers in kinds.items():
                if not only or any(word in name for word in only):
                    under(name, facts, daemon.pid, seconds, workers)
            print(f'\nlog: {os.path.getsize(log.name)} bytes')
        finally:
            daemon.terminate()
            daemon.wait(30)


def crowd_with(http, stop, number, request, more):
    crowd(http, stop, number, request, **more)


if __name__ == '__main__':
    main()
