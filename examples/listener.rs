//! Listens, and keeps what comes in one queue: `listener ADDRESS` for other clients, such as `127.0.0.1:5672`; without
//! an address it is its own client, once.

mod support;

use amqp10::proto::{Mechanism, SaslListener};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1);
    let sasl = SaslListener::new([Mechanism::Anonymous, Mechanism::Plain]);
    let listener = amqp10::tokio::listen(address.as_deref().unwrap_or("127.0.0.1:0"), sasl).await?;
    let url = format!("amqp://{}", listener.local_addr()?);
    println!("listening at {url}");
    let serving = tokio::spawn(support::serve(listener));
    if address.is_some() {
        return Ok(serving.await?);
    }

    let connection = amqp10::tokio::connect(&url).await?;
    let session = connection.session().await?;
    println!("{:?}", session.sender("orders").await?.send("12 crates").await?);
    println!("{:?}", session.receiver("orders").await?.recv().await?.message()?.body);
    connection.close().await?;
    Ok(())
}
