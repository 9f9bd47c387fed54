import os
import subprocess
import sys
import unittest

from support import SOURCE, Programs


class Streams(Programs):
    def start(self, program, *args, **streams):
        path = os.path.join(self.folder(), "program.py")
        with open(path, "w") as file:
            file.write("import sys, signal, os, neurallog\n" + program)
        environment = {**os.environ, "PYTHONPATH": SOURCE}
        started = subprocess.Popen([sys.executable, path, *args], env=environment, **streams)
        self.addCleanup(started.wait)
        self.addCleanup(started.kill)
        return started

    # What is wrong is told on standard error, in the application's thread and in ours.
    TELLS = "neurallog.Logger(transport='pigeon')\nlog = neurallog.Logger('http://127.0.0.1:9', key='k')\n"

    def test_attack_nobody_reads_standard_error_any_more(self):
        for before in ("", "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"):
            reading, writing = os.pipe()
            os.close(reading)
            program = f"{before}{self.TELLS}log.info('x')\nlog.flush(0.3)\n"
            started = self.start(program, stderr=writing)
            os.close(writing)
            self.assertEqual(started.wait(60), 0, before)

    def test_attack_standard_error_is_closed_or_has_no_descriptor(self):
        for close in ("os.close(2)", "sys.stderr.close()", "sys.stderr = None"):
            started = self.start(f"{close}\n{self.TELLS}log.info('x')\nlog.flush(0.3)\n")
            self.assertEqual(started.wait(60), 0, close)

    def test_a_replaced_standard_error_hears_what_is_told(self):
        program = "import io\nsys.stderr = io.StringIO()\nneurallog.Logger(transport='pigeon')\n"
        program += "sys.exit(0 if 'there is no address' in sys.stderr.getvalue() else 1)\n"
        self.assertEqual(self.start(program).wait(60), 0)

    def test_attack_a_standard_error_that_is_full_holds_neither_the_calls_nor_the_end(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.set_blocking(writing, False)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(writing, b"x" * 4096)
        os.set_blocking(writing, True)
        started = self.start(f"{self.TELLS}log.info('x')\nlog.flush(0.3)\n", stderr=writing)
        os.close(writing)
        self.assertEqual(started.wait(60), 0)

    def test_attack_what_the_other_side_closed_does_not_end_a_program_that_broken_pipes_end(self):
        # As programs whose output is cut with `head` are told to do.
        program = """
import socket, time
from neurallog._send.net import DeadlineSocket
from neurallog._work.bell import Bell
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
ours, theirs = socket.socketpair()
theirs.close()
sock = DeadlineSocket(ours)
sock.deadline = time.monotonic() + 10
for _ in range(2):
    try:
        sock.sendall(b"x")
    except OSError:
        continue
    raise SystemExit("sent to nobody")
bell = Bell()
bell._in.close()
bell.ring()
"""
        self.assertEqual(self.start(program).wait(60), 0)

    def test_our_thread_takes_no_broken_pipe_s_signal_and_no_other_thread_is_changed(self):
        # TLS writes by itself, without the flag that keeps the signal away.
        service = self.service()
        program = """
import threading
from neurallog._send import http
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
inside = []
send = http.HttpTransport.send
def look(self, batch):
    inside.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
    return send(self, batch)
http.HttpTransport.send = look
log = neurallog.Logger(sys.argv[1], key="k", follow_levels=False)
log.info("x")
assert log.flush(30)
real = threading.Thread.start
def none(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = none
last = neurallog.Logger(sys.argv[1], key="k", follow_levels=False)
last.info("y")
assert last.close(30)
assert len(inside) == 2 and all(signal.SIGPIPE in mask for mask in inside), inside
assert signal.SIGPIPE not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
"""
        self.assertEqual(self.start(program, service.url).wait(60), 0)


if __name__ == "__main__":
    unittest.main()
