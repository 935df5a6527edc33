//! What a peer costs of which nobody knows yet who it is (SE-D-02), with the heap counted.

use amqp10::proto::{Config, Connection, Event, Instant, Mechanism, SaslClient, SaslListener, ScramHash};
use amqp10_testkit::heap::{Counting, measure};
use bytes::BytesMut;

#[global_allocator]
static HEAP: Counting = Counting;

const LIMIT: usize = 64 * 1024;

type Make = fn() -> Connection;

fn listener() -> Connection {
    let offered = SaslListener::new([Mechanism::Plain, Mechanism::Scram(ScramHash::Sha256)]);
    let config = Config::builder("l").build().expect("the defaults are valid");
    Connection::listener(config, Some(offered.insecure_allowed(true).nonce("0123456789abcdef")), Instant::ZERO)
}

fn client() -> Connection {
    let config = Config::builder("c").build().expect("the defaults are valid");
    let login = SaslClient::plain("u", "p").insecure_allowed(true);
    Connection::client(config, Some(login), Instant::ZERO)
}

/// The most that a machine holds while it is fed, itself included; whether it has given up.
fn cost(machine: Make, first: &[u8], again: &[u8], times: usize) -> (usize, bool) {
    let mut input = BytesMut::with_capacity(1 << 16);
    let (over, heap) = measure(|| fed(Box::new(machine()), &mut input, first, again, times));
    (heap.peak, over)
}

/// Feeds a machine until it has given up; whether it has.
fn fed(mut machine: Box<Connection>, input: &mut BytesMut, first: &[u8], again: &[u8], times: usize) -> bool {
    let mut over = false;
    for piece in std::iter::once(first).chain(std::iter::repeat_n(again, times)) {
        input.extend_from_slice(piece);
        machine.handle_input(Instant::ZERO, input);
        while let Some(event) = machine.poll_event() {
            over |= matches!(event, Event::Closed(_));
        }
        if over {
            break;
        }
    }
    over
}

fn sasl_frame(body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(8 + body.len()).expect("small").to_be_bytes();
    [&size[..], &[2, 1, 0, 0], body].concat()
}

/// req: SE-D-02
#[test]
fn an_unknown_peer_costs_little() {
    const HEADER: &[u8] = b"AMQP\x03\x01\x00\x00";
    // sasl-init: PLAIN, u, p
    let init = sasl_frame(b"\x00\x53\x41\xc0\x0e\x02\xa3\x05PLAIN\xa0\x04\x00u\x00p");
    let huge = sasl_frame(
        &[&b"\x00\x53\x41\xd0\x00\x00\x0f\x00\x00\x00\x00\x02\xa3\x05PLAIN\xb0\x00\x00\x0e\x80"[..], &[b'x'; 0xe80]]
            .concat(),
    );
    let challenge = sasl_frame(b"\x00\x53\x42\xc0\x03\x01\xa0\x00");
    let piece = [0x41; 1024];
    let cases: [(&str, Make, Vec<u8>, &[u8]); 6] = [
        ("behind an init that nobody judges", listener, [HEADER, &init].concat(), &piece),
        ("before any frame", listener, HEADER.to_vec(), &piece),
        ("frames without end", listener, HEADER.to_vec(), &init),
        ("a frame of a megabyte", listener, [HEADER, b"\x00\x10\x00\x00\x02\x01\x00\x00"].concat(), &piece),
        ("as large a frame as there may be", listener, [HEADER, &huge].concat(), &piece),
        ("challenges without end", client, [HEADER, &challenge].concat(), &challenge),
    ];
    for (what, machine, first, again) in cases {
        let (held, over) = cost(machine, &first, again, 4096);
        assert!(over, "{what}: it goes on");
        assert!(held < LIMIT, "{what}: {held} octets");
        assert!(held > size_of::<Connection>() / 2, "{what}: nothing was counted");
    }
}
