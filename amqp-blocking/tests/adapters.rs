//! The list that all bindings run, on plain threads: with a thread of the pump's own, and with none.

#[path = "../../tests/adapters/mod.rs"]
mod adapters;

/// A runtime of which each thread has one, with which it waits as well.
macro_rules! runtime {
    ($new:path) => {
        use amqp_async::connect::{Runtime, TcpOptions};
        use amqp_async::{Driver, Transport};
        use amqp_blocking::Pump;
        use std::io;
        use std::net::{SocketAddr, TcpListener};

        thread_local! {
            static PUMP: Pump = $new().unwrap();
        }

        #[derive(Clone)]
        pub(crate) struct Ours(Pump);

        impl Default for Ours {
            fn default() -> Self {
                Self(PUMP.with(Pump::clone))
            }
        }

        impl Runtime for Ours {
            type Stream = <Pump as Runtime>::Stream;
            type Listener = <Pump as Runtime>::Listener;
            type Timer = <Pump as Runtime>::Timer;

            fn timer(&self) -> Self::Timer {
                self.0.timer()
            }

            async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
                self.0.resolve(host, port).await
            }

            async fn connect(&self, address: SocketAddr, tcp: &TcpOptions) -> io::Result<Self::Stream> {
                Runtime::connect(&self.0, address, tcp).await
            }

            fn listen(&self, socket: TcpListener) -> io::Result<Self::Listener> {
                Runtime::listen(&self.0, socket)
            }

            async fn accept(
                &self,
                listener: &Self::Listener,
                tcp: &TcpOptions,
            ) -> io::Result<(Self::Stream, SocketAddr)> {
                self.0.accept(listener, tcp).await
            }

            fn spawn<T: Transport + Unpin + Send + 'static>(&self, driver: Driver<T, Self::Timer>) {
                self.0.spawn(driver);
            }
        }

        fn run(test: impl Future<Output = ()>) {
            Ours::default().0.block_on(test);
        }

        crate::adapter_tests!(Ours, run);
    };
}

mod driven_by_the_caller {
    runtime!(Pump::new);
}

mod driven_by_a_thread {
    runtime!(Pump::with_thread);
}
