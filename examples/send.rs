//! Sends one message and waits for the verdict: `send [URL [ADDRESS [TEXT]]]`.

mod support;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = support::url().await?;
    let address = std::env::args().nth(2).unwrap_or_else(|| "orders".to_owned());
    let text = std::env::args().nth(3).unwrap_or_else(|| "12 crates".to_owned());

    let connection = amqp10::tokio::connect(&url).await?;
    let session = connection.session().await?;
    let sender = session.sender(address).await?;
    let outcome = sender.send(text).await?; // waits for credit, then for the receiver's verdict
    println!("{outcome:?}");
    connection.close().await?;
    Ok(())
}
