//! Asks and waits for the answer, on one connection: `request_reply [URL [ADDRESS]]`. The answer comes to a link of our
//! own, and tells by its correlation-id (§3.2.4) which question it is for.

mod support;

use amqp10::Message;
use amqp10::codec::Properties;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = support::url().await?;
    let address = std::env::args().nth(2).unwrap_or_else(|| "questions".to_owned());

    let connection = amqp10::tokio::connect(&url).await?;
    let session = connection.session().await?;
    let answers = session.receiver("answers").await?;
    let questions = session.sender(address).await?;

    let properties =
        Properties { message_id: Some("question-1".into()), reply_to: Some("answers".into()), ..Properties::default() };
    let question = Message { properties: Some(properties.into()), ..Message::from("how many crates?") };
    questions.send(question).await?;

    let delivery = answers.recv().await?;
    let answer = delivery.message()?;
    println!("{:?}: {:?}", answer.properties, answer.body);
    delivery.accept()?;
    connection.close().await?;
    Ok(())
}
