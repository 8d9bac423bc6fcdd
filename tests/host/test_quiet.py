"""What native code prints stays off the terminal, however many are quiet at once."""

import os
import threading

from wetdry.host.quiet import KEEP_STDERR, quiet_stderr


def test_blocks_in_each_other_and_side_by_side_give_stderr_back(capfd, monkeypatch):
    monkeypatch.delenv(KEEP_STDERR, raising=False)
    inside, done = threading.Barrier(2), threading.Barrier(2)

    def first():
        with quiet_stderr():
            inside.wait(10)
            os.write(2, b"noise\n")
        done.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    with quiet_stderr(), quiet_stderr():
        inside.wait(10)
        done.wait(10)  # the other thread has left its block, this one has not
        os.write(2, b"noise\n")
    thread.join(10)
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


def test_a_child_whose_stderr_is_a_log_keeps_it(capfd, monkeypatch):
    monkeypatch.setenv(KEEP_STDERR, "1")
    with quiet_stderr():
        os.write(2, b"why it died\n")
    assert capfd.readouterr().err == "why it died\n"
