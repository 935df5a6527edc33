//! The smallest program that sends a message; `.ci/size` weighs it.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let connection = amqp10::tokio::connect("amqp://localhost").await?;
        let session = connection.session().await?;
        let sender = session.sender("orders").await?;
        sender.send("hello").await?;
        connection.close().await?;
        Ok(())
    })
}
