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
    let capture = self.capture ?? captures.lend()
    self.capture = capture
    capture.take(line: line)
    return true
  }

  func transfer(_ handle: EasyHandle, received body: UnsafeRawBufferPointer) -> Bool {
    guard case .check(.http(let check)) = target.question else { return false }
    if bodyBytes == 0, check.maxRedirects > 0, Self.isRedirect(handle.info(.status)),
      handle.header("Location") != nil
    {
      isLeavingForRedirect = true
      return false
    }
    capture?.take(body: body)
    let room = UInt64(check.bodyLimit) - min(UInt64(check.bodyLimit), bodyBytes)
    bodyBytes += UInt64(body.count)
    if UInt64(body.count) > room {
      let last = UnsafeRawBufferPointer(rebasing: body.prefix(Int(room)))
      matcher?.take(last)
      takeForConditions(last)
      stop = .bodyLimit
      return false
    }
    matcher?.take(body)
    takeForConditions(body)
    return true
  }

  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool {
    let rule: AddressRule? =
      switch address {
      case .ipv4(let number, _): rules.refusal(ipv4: number)
      case .ipv6(let high, let low, _): rules.refusal(ipv6: high, low)
      case .other: .notInternet
      }
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
