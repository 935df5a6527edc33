//! Receives one message and accepts it: `receive [URL [ADDRESS]]`. Without a URL it sends itself one first.

mod support;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = support::url().await?;
    let address = std::env::args().nth(2).unwrap_or_else(|| "orders".to_owned());

    let connection = amqp10::tokio::connect(&url).await?;
    let session = connection.session().await?;
    if std::env::args().nth(1).is_none() {
        session.sender(address.clone()).await?.send("12 crates").await?;
    }
    let receiver = session.receiver(address).await?;
    let delivery = receiver.recv().await?;
    println!("{:?}", delivery.message()?.body);
    delivery.accept()?;
    connection.close().await?;
    Ok(())
}
