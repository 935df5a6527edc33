//! Filters on a source (§3.5.8).

use crate::client::parts::{nothing_comes, send_all, take};
use crate::server::Target;
use crate::verdict::{Check, ensure};
use amqp10::Value;
use amqp10::codec::{Described, Fields, Message, Source, Symbol};
use amqp10::proto::LinkOptions;
use std::time::Duration;

/// The selector that most brokers know, by its descriptor's name.
pub(crate) async fn selector(target: Target) -> Check {
    let address = target.queue("selector").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let colours = ["red", "green", "red", "blue"];
    let messages = colours.map(|colour| Message::builder().property("colour", colour).value(colour).build());
    send_all(&session, &address, messages).await?;
    let name = Symbol::from_static("apache.org:selector-filter:string");
    let mut filter = Fields::default();
    filter.insert(name.clone(), Value::from(Described::new(name, "colour = 'red'")));
    let source = Source { filter: Some(filter), ..Source::new(address.as_str()) };
    let options = LinkOptions { source: Some(source), ..LinkOptions::receiver("selector-in", address) };
    let receiver = session.attach_receiver(options).await?;
    for message in take(&receiver, 2).await? {
        ensure!(message.body.as_str() == Some("red"), "a message that was not selected: {message:?}");
    }
    nothing_comes(&receiver, Duration::from_millis(200)).await?;
    Ok(connection.close().await?)
}
