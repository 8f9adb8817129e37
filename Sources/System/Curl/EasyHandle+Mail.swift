import CCurl

extension NumberOption {
  /// Sends what `EasyHandle.set(upload:)` gives.
  public static let isUpload = NumberOption(raw: CURLOPT_UPLOAD)
  /// Whether a mail goes to whom the server takes it for, where it does not for others.
  public static let someRecipients = NumberOption(raw: up_curl_mail_rcpt_allow_fails)
  /// How long each reply of a server is waited for: also that to the goodbye, which no other limit bounds.
  public static let replySeconds = NumberOption(raw: CURLOPT_SERVER_RESPONSE_TIMEOUT)
  /// Whether a connection that begins without TLS must go on with it, as `CurlNumber.requireTLS`.
  public static let upgrade = NumberOption(raw: CURLOPT_USE_SSL)
}

extension CurlNumber {
  // CURLUSESSL_ALL, an enumeration in C.
  public static let requireTLS = Int(CURLUSESSL_ALL.rawValue)
  public static let noUpgrade = Int(CURLUSESSL_NONE.rawValue)
}

extension TextOption {
  /// The envelope's sender.
  public static let mailFrom = TextOption(raw: CURLOPT_MAIL_FROM)
}

/// Bytes that are read from the first to the last.
final class UploadSource {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Fills `buffer` as far as there are bytes left; 0 at their end.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - offset)
    guard count > 0 else { return 0 }
    buffer.copyBytes(from: bytes[offset..<(offset + count)])
    offset += count
    return count
  }
}

extension EasyHandle {
  /// The envelope's recipients.
  public func set(mailRecipients list: HeaderList?) throws(CurlError) {
    try check(up_curl_set_list(raw, CURLOPT_MAIL_RCPT, list?.head), "set recipients")
    recipients = list
  }

  /// Sends these bytes, once: a mail, whose lines libcurl guards against ending it early.
  public func set(upload bytes: [UInt8]) throws(CurlError) {
    let source = UploadSource(bytes)
    try set(.isUpload, 1)
    try check(up_curl_set_size(raw, CURLOPT_INFILESIZE_LARGE, bytes.count), "set an upload")
    try check(
      up_curl_on_read(
        raw,
        { buffer, size, count, context in
          guard let context, let buffer else { return 0 }
          // The size is always 1, so the product can't overflow.
          let room = UnsafeMutableRawBufferPointer(start: buffer, count: size &* count)
          return Unmanaged<UploadSource>.fromOpaque(context).takeUnretainedValue()
            .read(into: room)
        }, Unmanaged.passUnretained(source).toOpaque()), "set a callback")
    upload = source
  }
}
