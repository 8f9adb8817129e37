import AgentCore
import Curl
import Model

/// What libcurl tells of the probe that runs.
extension ProbeTransfer: TransferDelegate {
  func transfer(_ handle: EasyHandle, receivedHeader line: UnsafeRawBufferPointer) -> Bool {
    headBytes += line.count
    guard headBytes <= Self.headLimit else {
      stop = .headLimit(bytes: Self.headLimit)
      return false
    }
    if line.first == UInt8(ascii: "H"), !hasBody, line.starts(with: "HTTP/".utf8) {
      isWithinHead = true
      // Interim answers may come before the last, as many as there is room for.
      if !hasNotedSession, setup?.plan?.check.keepsConnection == true {
        hasNotedSession = true
        handle.noteKeptSession()
      }
    } else if line.first == 13 || line.first == 10 {
      // libcurl ends a head where a line begins with either.
      isWithinHead = false
    }
    // What a token endpoint says is nobody's evidence.
    guard fetch == nil else { return true }
    let capture = self.capture ?? captures.lend()
    self.capture = capture
    capture.take(line: line)
    if isGRPC { grpc?.take(line: line) }
    return true
  }

  func transfer(_ handle: EasyHandle, received body: UnsafeRawBufferPointer) -> Bool {
    if let read = fetch?.body.count {
      fetch?.body += body.prefix(TokenFetch.bodyLimit - read)
      guard read + body.count <= TokenFetch.bodyLimit else {
        fetch?.refusal = "its endpoint answered more than \(TokenFetch.bodyLimit) bytes"
        return false
      }
      return true
    }
    if isGRPC {
      capture?.take(body: body)
      if grpc?.take(body: body) == true { return true }
      stop = .bodyLimit
      return false
    }
    guard let plan = setup?.plan else { return false }
    let limit = plan.check.bodyLimit
    if !hasBody {
      hasBody = true
      if plan.check.maxRedirects > 0, Self.isRedirect(handle.info(.status)),
        handle.header("Location") != nil
      {
        isLeavingForRedirect = true
        return false
      }
      if plan.check.decodesBody, !chooseDecoder(handle) { return false }
    }
    if decoder != nil {
      // Bytes that decode to nothing end, too. What can't be compressed grows a little.
      encodedBytes += body.count
      guard encodedBytes <= Int(limit) + 1 << 16 else {
        stop = .bodyLimit
        return false
      }
    }
    let end =
      decoder.map { $0.take(body) { take(decoded: $0, limit) } } ?? take(decoded: body, limit)
    if let end { stop = end }
    return end == nil
  }

  /// Looks how the body is encoded.
  ///
  /// - Returns: whether it can be read.
  private func chooseDecoder(_ handle: EasyHandle) -> Bool {
    switch BodyDecoder.Coding(handle.header("Content-Encoding")) {
    case .identity: return true
    case .unknown(let name):
      stop = .bodyEncoding("the body's encoding is not known: \(Judgement.quoted(name))")
      return false
    case let coding:
      decoder = BodyDecoder(coding)
      return true
    }
  }

  /// Takes the next bytes of the body itself.
  ///
  /// - Returns: why the transfer ends here; `nil` where it goes on.
  private func take(decoded body: UnsafeRawBufferPointer, _ limit: UInt32) -> ProbeFacts.Stop? {
    capture?.take(body: body)
    let room = UInt64(limit) - min(UInt64(limit), bodyBytes)
    bodyBytes += UInt64(body.count)
    if UInt64(body.count) > room {
      let last = UnsafeRawBufferPointer(rebasing: body.prefix(Int(room)))
      matcher?.take(last)
      takeForConditions(last)
      return .bodyLimit
    }
    matcher?.take(body)
    takeForConditions(body)
    return nil
  }

  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool {
    let rule = rules.refusal(of: address)
    attempts.begin(address, barredBy: rule, errno: connectErrno(handle))
    guard let rule else {
      hasTriedAddress = true
      return true
    }
    refusal = (address, rule)
    return false
  }

  func transfer(_ handle: EasyHandle, opened socket: Int32) {
    attempts.opened(socket)
  }

  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32) {
    socketErrno = errno
    attempts.failed(errno: errno)
  }
}
