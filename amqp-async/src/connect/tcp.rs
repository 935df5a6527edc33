//! TCP sockets and what can be said about them.

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// How many clients may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Options of TCP sockets. What is not said stays as the system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct TcpOptions {
    nodelay: bool,
    keepalive: Option<Duration>,
    send_buffer: Option<usize>,
    receive_buffer: Option<usize>,
    bind: Option<SocketAddr>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self { nodelay: true, keepalive: None, send_buffer: None, receive_buffer: None, bind: None }
    }
}

impl TcpOptions {
    /// Whether small writes leave at once, without Nagle's algorithm. Default: yes, since the driver writes all it has
    /// in one go.
    pub fn nodelay(self, nodelay: bool) -> Self {
        Self { nodelay, ..self }
    }

    /// After how long without traffic the system asks whether the peer is there; `None`: never. Default: `None`. The
    /// idle time-out (§2.4.5) does the same with the peer's program, rather than with its machine only.
    pub fn keepalive(self, idle: Option<Duration>) -> Self {
        Self { keepalive: idle, ..self }
    }

    /// Octets that the system may hold that are on their way out. Default: as the system has it.
    pub fn send_buffer(self, octets: usize) -> Self {
        Self { send_buffer: Some(octets), ..self }
    }

    /// Octets that the system may hold that have come and not been read. Default: as the system has it.
    pub fn receive_buffer(self, octets: usize) -> Self {
        Self { receive_buffer: Some(octets), ..self }
    }

    /// The address to connect from; with port 0 the system chooses one. Addresses of the other family are not
    /// connected to. Default: the system chooses. Says nothing to a listener.
    pub fn bind(self, address: SocketAddr) -> Self {
        Self { bind: Some(address), ..self }
    }

    /// Makes a non-blocking socket with these options and begins to connect it. It is connected, or has failed, once
    /// it can be written; [`TcpStream::take_error`] tells which.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = self.socket(address)?;
        if let Some(from) = self.bind {
            socket.bind(&from.into())?;
        }
        match socket.connect(&address.into()) {
            Ok(()) => {}
            Err(error) if is_under_way(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(socket.into())
    }

    /// Makes a non-blocking socket that listens at the address. On Unix an address can be taken again right after the
    /// one who had it is gone.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn listen(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = self.socket(address)?;
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    }

    /// Sets the options of a socket that is connected already.
    ///
    /// # Errors
    /// What the system says.
    #[cfg(unix)]
    pub fn apply(&self, socket: &impl std::os::fd::AsFd) -> io::Result<()> {
        self.set(&SockRef::from(socket))
    }

    /// Sets the options of a socket that is connected already.
    ///
    /// # Errors
    /// What the system says.
    #[cfg(windows)]
    pub fn apply(&self, socket: &impl std::os::windows::io::AsSocket) -> io::Result<()> {
        self.set(&SockRef::from(socket))
    }

    fn socket(&self, address: SocketAddr) -> io::Result<Socket> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        self.set(&socket)?;
        Ok(socket)
    }

    fn set(&self, socket: &Socket) -> io::Result<()> {
        socket.set_tcp_nodelay(self.nodelay)?;
        if let Some(idle) = self.keepalive {
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(idle))?;
        }
        if let Some(octets) = self.send_buffer {
            socket.set_send_buffer_size(octets)?;
        }
        if let Some(octets) = self.receive_buffer {
            socket.set_recv_buffer_size(octets)?;
        }
        Ok(())
    }
}

/// Whether connecting has begun, as it does on a socket that does not block.
fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::EINPROGRESS) {
        return true;
    }
    error.kind() == io::ErrorKind::WouldBlock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_those_of_the_socket() {
        let listener = TcpOptions::default().listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let options = TcpOptions::default()
            .nodelay(false)
            .keepalive(Some(Duration::from_secs(7)))
            .send_buffer(20_000)
            .receive_buffer(30_000)
            .bind("127.0.0.1:0".parse().unwrap());
        let stream = options.start(listener.local_addr().unwrap()).unwrap();
        assert!(stream.local_addr().unwrap().ip().is_loopback());
        let socket = SockRef::from(&stream);
        assert!(!socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert!(socket.send_buffer_size().unwrap() >= 20_000 && socket.send_buffer_size().unwrap() <= 40_000);
        assert!(socket.recv_buffer_size().unwrap() >= 30_000 && socket.recv_buffer_size().unwrap() <= 60_000);
        let error = listener.accept().map(drop).err().map(|error| error.kind());
        assert!(matches!(error, None | Some(io::ErrorKind::WouldBlock)), "it does not block: {error:?}");
        TcpOptions::default().apply(&stream).unwrap();
        assert!(socket.tcp_nodelay().unwrap());
    }

    #[test]
    fn the_other_family_is_not_connected_to() {
        let options = TcpOptions::default().bind("127.0.0.1:0".parse().unwrap());
        assert!(options.start("[::1]:9".parse().unwrap()).is_err());
    }
}
