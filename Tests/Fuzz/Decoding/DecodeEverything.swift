import Model
import Wire

/// Feeds bytes to every decoder of the wire. It must return, whatever they are: a trap is a bug.
public func decodeEverything(_ bytes: [UInt8]) {
  bytes.withUnsafeBytes { view in
    for proven in [false, true] {
      guard let frame = try? Frame.scan(view, peerIsProven: proven) else { continue }
      let body = UnsafeRawBufferPointer(rebasing: view[frame.body])
      if let type = frame.type { decode(type, body) }
    }
    decodeResults(view)
    var reader = RecordReader(view, count: bytes.count, baseMs: 0)
    walk(&reader)
  }
}

/// Decodes `body` as that of a frame of `type`; what decodes is encoded again and must come out as
/// it went in, up to bytes behind the last known field.
public func decode(_ type: FrameType, _ body: UnsafeRawBufferPointer) {
  switch type {
  case .hello: roundTrip(Hello.self, body)
  case .challenge: roundTrip(Challenge.self, body)
  case .auth: roundTrip(Auth.self, body)
  case .welcome: roundTrip(Welcome.self, body)
  case .enroll: roundTrip(Enroll.self, body)
  case .enrolled: roundTrip(Enrolled.self, body)
  case .assignFull: roundTrip(AssignFull.self, body)
  case .assignDelta: roundTrip(AssignDelta.self, body)
  case .assignAck: roundTrip(AssignAck.self, body)
  case .results: decodeResults(body)
  case .ack: roundTrip(Ack.self, body)
  case .nack: roundTrip(Nack.self, body)
  case .credit: roundTrip(Credit.self, body)
  case .probeNow: roundTrip(ProbeNow.self, body)
  case .probeDone: roundTrip(ProbeDone.self, body)
  case .overdue: roundTrip(Overdue.self, body)
  case .timeRequest: roundTrip(TimeRequest.self, body)
  case .timeResponse: roundTrip(TimeResponse.self, body)
  case .ping: roundTrip(Ping.self, body)
  case .pong: roundTrip(Pong.self, body)
  case .alive: roundTrip(Alive.self, body)
  case .keyRotate: roundTrip(KeyRotate.self, body)
  case .keyRotated: roundTrip(KeyRotated.self, body)
  case .pins: roundTrip(Pins.self, body)
  case .goAway: roundTrip(GoAway.self, body)
  case .error: roundTrip(ErrorFrame.self, body)
  case .try: roundTrip(Try.self, body)
  case .tried: roundTrip(Tried.self, body)
  }
}

private func roundTrip<Body: FrameBody>(_ type: Body.Type, _ bytes: UnsafeRawBufferPointer) {
  guard let value = try? Body(decoding: bytes) else { return }
  let again = try? Body(decoding: value.encoded())
  precondition(again == value, "\(type) does not survive a round trip: \(value)")
}

private func decodeResults(_ bytes: UnsafeRawBufferPointer) {
  guard let body = try? ResultsBody(decoding: bytes) else { return }
  switch body.header.kind {
  case .records:
    var reader = body.records
    walk(&reader)
  case .skip:
    var reader = ByteReader(body.content)
    guard let skip = try? Skip(from: &reader) else { return }
    var writer = ByteWriter()
    skip.encode(to: &writer)
  case .evidence:
    _ = try? Evidence.items(of: body)
  }
}

private func walk(_ reader: inout RecordReader) {
  var raw = RawRecord()
  while (try? reader.next(&raw)) == true {
    _ = reader.value(of: raw)
  }
}
