#!/usr/bin/env node
// Starts a small in-memory AMQP 1.0 broker on rhea (npm), over TCP, TLS and WebSocket (see rhea-server.sh, which installs it).
// Port: 5720 on 127.0.0.1 (TLS 5721, TLS with a client certificate 5722, WebSocket 5723), or --port N and the three after it.   Stop: SIGTERM.
// Usage: rhea-server.js [--port N] [--certs DIR] [--idle-timeout MS] [--max-frame N] [--channel-max N] [--no-anonymous]
//
// Addresses are queues, made when first named; messages pass through as the bytes they came in. The names that act up are those of
// proton-broker.py: missing denied redirect reject release modify detach-N end-N close-N settle slow hold (no transactions here).
'use strict';
const fs = require('fs');
const http = require('http');
const rhea = require('rhea');

const options = { port: 5720 };
for (let i = 2; i < process.argv.length; i++) {
  const name = process.argv[i].replace(/^--/, '');
  if (name === 'no-anonymous') options[name] = true;
  else options[name] = name === 'certs' ? process.argv[++i] : Number(process.argv[++i]);
}

// keep a message's own bytes beside what rhea reads out of them
const decode = rhea.message.decode;
rhea.message.decode = (buffer) => {
  const message = decode(buffer);
  Object.defineProperty(message, 'raw', { value: Buffer.from(buffer) });
  return message;
};

const container = rhea.create_container({ id: 'rhea-server' });
container.sasl_server_mechanisms.enable_plain((user, password) => user === 'guest' && password === 'guest');
if (!options['no-anonymous']) container.sasl_server_mechanisms.enable_anonymous();
container.sasl_server_mechanisms.EXTERNAL = () => ({ start() { this.outcome = true; this.username = 'guest'; } });

const queues = new Map();
const counts = new Map();
let names = 0;
const queue = (name) => {
  if (!queues.has(name)) queues.set(name, { ready: [], consumers: new Set() });
  return queues.get(name);
};

// a plain copy: set_source and set_target would otherwise keep, and write into, the list that the peer's terminus was read into
const terminusFields = ['address', 'durable', 'expiry_policy', 'timeout', 'dynamic', 'dynamic_node_properties', 'distribution_mode', 'filter', 'default_outcome', 'outcomes', 'capabilities'];
const copy = (terminus) => Object.fromEntries(terminusFields.filter((f) => terminus && terminus[f] !== undefined && terminus[f] !== null).map((f) => [f, terminus[f]]));

function selector(source) {
  for (const value of Object.values((source && source.filter) || {})) {
    const text = value && value.value !== undefined ? value.value : value;
    const found = /^\s*(\w+)\s*=\s*(?:'([^']*)'|(\d+))\s*$/.exec(String(text));
    if (found) {
      const wanted = found[2] !== undefined ? found[2] : Number(found[3]);
      return (m) => m.application_properties && m.application_properties[found[1]] === wanted;
    }
  }
  return null;
}

function deliver(link, q, name) {
  let at = link.browsed || 0;
  while (at < q.ready.length && link.selects && !link.selects(q.ready[at])) at++;
  if (at >= q.ready.length) return false;
  const item = q.ready[at];
  if (link.browses) link.browsed = at + 1; else q.ready.splice(at, 1);
  const delivery = link.send(item.raw, undefined, 0);
  delivery.item = item;
  if (link.presettled || name.startsWith('settle')) delivery.update(true); else link.held.add(delivery);
  return true;
}

// rhea takes credit off a link only as it writes, so: one message a link and turn
function dispatch(name) {
  const q = queue(name);
  let sent = false;
  for (const link of q.consumers) {
    if (link.turn || !link.sendable() || !deliver(link, q, name)) continue;
    sent = link.turn = true;
    setImmediate(() => { link.turn = false; });
  }
  if (sent) setImmediate(() => dispatch(name));
}

function leave(link) {
  const q = link.node !== undefined && queues.get(link.node);
  if (!q || !q.consumers.delete(link)) return;
  for (const delivery of link.held) q.ready.unshift(delivery.item);
  link.held.clear();
  dispatch(link.node);
}

const refusals = { missing: 'amqp:not-found', denied: 'amqp:unauthorized-access', redirect: 'amqp:link:redirect' };
function refuse(link, address) {
  for (const [prefix, condition] of Object.entries(refusals)) {
    if (!String(address).startsWith(prefix)) continue;
    const error = { condition, description: address + ': ' + prefix };
    if (prefix === 'redirect') error.info = { hostname: 'localhost', 'network-host': '127.0.0.1', port: 5672, address: 'other' };
    link.close(error);
    return true;
  }
  return false;
}

container.on('sender_open', (context) => { // the peer receives
  const link = context.sender;
  let address = link.source && link.source.address;
  link.local.attach.snd_settle_mode = link.remote.attach.snd_settle_mode;
  link.local.attach.rcv_settle_mode = link.remote.attach.rcv_settle_mode;
  if (link.source && link.source.dynamic) {
    address = 'dynamic-' + process.pid + '-' + (++names);
    link.set_source({ address, dynamic: true });
  } else if (link.source) {
    if (refuse(link, address)) return;
    link.set_source(copy(link.remote.attach.source));
  }
  link.set_target(copy(link.remote.attach.target));
  link.node = address;
  link.held = new Set();
  link.presettled = link.remote.attach.snd_settle_mode === 1;
  link.selects = selector(link.remote.attach.source);
  link.browses = link.remote.attach.source && String(link.remote.attach.source.distribution_mode) === 'copy';
  // rhea 3.0.5 would write transfers before its own attach if attach and flow came in one read, so deliver only after that
  setImmediate(() => { if (link.is_open()) { queue(address).consumers.add(link); dispatch(address); } });
});
container.on('sendable', (context) => { if (context.sender.node !== undefined) dispatch(context.sender.node); });
container.on('sender_draining', ({ sender: link }) => { // send what there is, then give the rest of the credit back
  let left = link.credit - (link.turn ? 1 : 0);
  while (left > 0 && deliver(link, queue(link.node), link.node)) left--;
  link.set_drained(true);
});
container.on('sender_close', (context) => leave(context.sender));
container.on('sender_detach', (context) => leave(context.sender));
container.on('session_close', (context) => context.session.each_sender && context.session.each_sender(leave));
for (const name of ['connection_close', 'disconnected']) {
  container.on(name, (context) => {
    for (const q of queues.values()) for (const link of [...q.consumers]) if (link.connection === context.connection) leave(link);
  });
}

container.on('receiver_open', (context) => { // the peer sends
  const link = context.receiver;
  link.autosettle = link.autoaccept = false;
  link.set_credit_window(0);
  let address = link.target && link.target.address;
  link.local.attach.snd_settle_mode = link.remote.attach.snd_settle_mode;
  link.local.attach.rcv_settle_mode = link.remote.attach.rcv_settle_mode;
  if (link.target && link.target.dynamic) {
    address = 'dynamic-' + process.pid + '-' + (++names);
    link.set_target({ address, dynamic: true });
  } else {
    if (refuse(link, address)) return;
    link.set_target(copy(link.remote.attach.target));
  }
  link.set_source(copy(link.remote.attach.source));
  link.node = address;
  link.add_credit(String(address).startsWith('slow') ? 1 : 50);
});

container.on('message', (context) => {
  const { message, delivery, receiver } = context;
  const address = receiver.node === undefined || receiver.node === null ? message.to || '' : receiver.node;
  const [kind, number] = address.split('-');
  counts.set(address, (counts.get(address) || 0) + 1);
  if (['detach', 'end', 'close'].includes(kind) && counts.get(address) >= Number(number || 1)) {
    counts.set(address, 0);
    const error = { description: 'asked for by the address', info: { address } };
    if (kind === 'detach') receiver.close({ condition: 'amqp:resource-limit-exceeded', ...error });
    else if (kind === 'end') receiver.session.close({ condition: 'amqp:session:window-violation', ...error });
    else receiver.connection.close({ condition: 'amqp:connection:forced', ...error });
    return;
  }
  if (kind === 'hold') return;
  if (kind === 'reject') delivery.reject({ condition: 'amqp:precondition-failed', description: 'this node rejects', info: { node: address } });
  else if (kind === 'release') delivery.release(); // with an argument, even an empty one, it would be modified
  else if (kind === 'modify') delivery.release({ delivery_failed: true, undeliverable_here: true, message_annotations: { 'x-opt-why': 'this node modifies' } });
  else {
    queue(address).ready.push(message);
    delivery.accept();
    dispatch(address);
  }
  receiver.add_credit(1);
});

const back = (context, front) => {
  const { delivery, sender } = context;
  if (!sender.held || !sender.held.delete(delivery)) return;
  const q = queue(sender.node);
  if (front) q.ready.unshift(delivery.item);
  dispatch(sender.node);
};
container.on('accepted', (context) => back(context, false));
container.on('rejected', (context) => back(context, false));
container.on('released', (context) => back(context, true));
container.on('modified', (context) => back(context, !context.delivery.remote_state.undeliverable_here));
for (const name of ['protocol_error', 'error', 'connection_error', 'session_error', 'sender_error', 'receiver_error']) {
  container.on(name, (context) => console.error(name, String((context && context.error) || context)));
}

const common = { host: '127.0.0.1', idle_time_out: options['idle-timeout'], max_frame_size: options['max-frame'], channel_max: options['channel-max'],
  receiver_options: { autoaccept: false, autosettle: false, credit_window: 0 }, sender_options: { autosettle: true } };
container.listen({ port: options.port, ...common });
if (options.certs) {
  const tls = (extra) => ({ transport: 'tls', key: fs.readFileSync(options.certs + '/server.key'), cert: fs.readFileSync(options.certs + '/server.pem'), ...extra, ...common });
  container.listen({ port: options.port + 1, ...tls({}) });
  container.listen({ port: options.port + 2, ...tls({ requestCert: true, rejectUnauthorized: true, ca: [fs.readFileSync(options.certs + '/ca.pem')] }) });
}
const web = http.createServer((request, response) => { response.statusCode = 426; response.end(); });
const WebSocketServer = require('ws').Server;
const sockets = new WebSocketServer({ server: web, handleProtocols: (offered) => (offered.has('amqp') ? 'amqp' : false) });
sockets.on('connection', (socket) => container.websocket_accept(socket, common));
web.listen(options.port + 3, '127.0.0.1', () => console.log('rhea server on 127.0.0.1:' + options.port));
process.on('SIGTERM', () => process.exit(0));
