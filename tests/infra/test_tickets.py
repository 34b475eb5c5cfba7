import json

from infra.tickets import oversized_ticket, samples, tickets


def test_there_are_at_least_forty_different_samples():
    """The sample file holds at least 40 tickets, none twice, on all four topics."""
    texts = [sample["text"] for sample in samples()]
    assert len(set(texts)) == len(texts) >= 40
    assert {"billing", "delivery", "technical", "cancellation"} <= {sample["topic"] for sample in samples()}


def test_the_samples_are_varied():
    """Short and long, emoji, right-to-left and several languages are among them."""
    texts = [sample["text"] for sample in samples()]
    assert min(map(len, texts)) < 10
    assert max(map(len, texts)) > 400
    assert any("\u0600" <= char <= "\u06ff" for text in texts for char in text)
    assert any(ord(char) >= 0x1F300 for text in texts for char in text)
    assert len({sample["language"] for sample in samples()}) >= 6


def test_tickets_cycle_the_samples_under_new_ids():
    """Asking for more than there are starts again at the first text, while ids go on: none twice."""
    many = tickets(500)
    assert [many[0]["ticket_id"], many[499]["ticket_id"]] == ["T-0001", "T-0500"]
    assert len({ticket["ticket_id"] for ticket in many}) == 500
    assert many[len(samples())]["text"] == many[0]["text"]
    assert set(many[0]) == {"ticket_id", "text"}


def test_the_oversized_ticket_is_as_long_as_asked():
    """The default has 5,100 characters, as in the brief; another length is met exactly."""
    assert len(oversized_ticket()["text"]) == 5100
    assert len(oversized_ticket(5001)["text"]) == 5001


def test_a_ticket_costs_few_bytes_of_input():
    """The samples average under 170 bytes as JSON, so that 1,470 of them fit into 256 KiB."""
    assert len(json.dumps(tickets(1470), ensure_ascii=False).encode()) / 1470 < 170
