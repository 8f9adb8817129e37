import CCurl

/// One libcurl transfer: its options, then what came of it. It may be used again after it ended.
///
/// Not `Sendable`: it belongs to the thread that drives it.
public final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  /// Not retained: it must live at least as long as this handle is used, or be replaced while no
  /// transfer runs.
  unowned(unsafe) var delegate: (any TransferDelegate)?
  /// Who hears of the transfer once `listen(_:)` was called.
  public var listener: (any TransferDelegate)? { delegate }
  /// Kept alive for as long as libcurl may read it.
  private var headers: HeaderList?
  private var resolutions: HeaderList?
  private var body: UnsafeMutableRawBufferPointer?
  private var errorBuffer: UnsafeMutableBufferPointer<CChar>?
  /// Kept alive likewise.
  var detours: HeaderList?
  var recipients: HeaderList?
  /// What is sent from memory of this handle, as libcurl asks for it.
  var upload: UploadSource?
  /// What is known of TLS; see `watchCertificate()`.
  var notes = TLSNotes()
  /// Whose connections it uses, where they are kept.
  var keeper: ConnectionKeeper?
  /// Whether a socket was waited for since the transfer was added to its `MultiHandle`: one that a
  /// lookup of its name tells its end by, or one of its own.
  public internal(set) var hasWaited = false
  /// Free for the owner: what this handle is for.
  public var tag = 0

  public init() throws(CurlError) {
    guard CurlLibrary.isReady, let raw = curl_easy_init() else {
      throw CurlError("make a transfer", CurlCode(CURLE_FAILED_INIT))
    }
    self.raw = raw
    try identify()
  }

  /// Lets libcurl tell whose transfer it is.
  func identify() throws(CurlError) {
    let code = up_curl_set_pointer(
      raw, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
    try check(code, "make a transfer")
  }

  /// Lets go of what libcurl read from memory of this handle.
  func release() {
    headers = nil
    detours = nil
    recipients = nil
    upload = nil
    body?.deallocate()
    body = nil
    errorBuffer?.deallocate()
    errorBuffer = nil
  }

  deinit {
    curl_easy_cleanup(raw)
    body?.deallocate()
    errorBuffer?.deallocate()
  }

  // MARK: Options

  /// Sets an option that takes a number.
  public func set(_ option: NumberOption, _ value: Int) throws(CurlError) {
    try check(up_curl_set_long(raw, option.raw, value), "set an option")
  }

  /// Sets an option that takes text, or unsets it.
  public func set(_ option: TextOption, _ value: String?) throws(CurlError) {
    let code =
      if let value { up_curl_set_text(raw, option.raw, value) } else {
        up_curl_set_pointer(raw, option.raw, nil)
      }
    try check(code, "set an option")
  }

  /// Sets the request's headers beside libcurl's own, or takes them back.
  public func set(headers: HeaderList?) throws(CurlError) {
    try check(up_curl_set_list(raw, CURLOPT_HTTPHEADER, headers?.head), "set headers")
    self.headers = headers
  }

  /// Gives the addresses of names, so that libcurl looks none of them up: `name:port:address,address`
  /// a line, and `-name:port` to forget one. They hold for all transfers of a `MultiHandle`.
  public func set(resolutions: HeaderList?) throws(CurlError) {
    try check(up_curl_set_list(raw, CURLOPT_RESOLVE, resolutions?.head), "set addresses")
    self.resolutions = resolutions
  }

  /// Makes the request a POST with these bytes as its body; `TextOption.method` may rename it.
  public func set(body bytes: [UInt8]) throws(CurlError) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
    copy.copyBytes(from: bytes)
    let code = up_curl_set_size(raw, CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
    guard code == CURLE_OK else {
      copy.deallocate()
      throw CurlError("set a body", CurlCode(code))
    }
    let set = up_curl_set_pointer(raw, CURLOPT_POSTFIELDS, copy.baseAddress)
    body?.deallocate()
    body = copy
    try check(set, "set a body")
  }

  /// Keeps libcurl's own sentence about a failure, to be read by `errorText`.
  public func keepErrorText() throws(CurlError) {
    guard errorBuffer == nil else { return }
    let buffer = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    buffer.initialize(repeating: 0)
    errorBuffer = buffer
    try check(up_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, buffer.baseAddress), "keep errors")
  }

  /// libcurl's sentence about the last failure; empty where there was none. It may quote the peer.
  public var errorText: String {
    guard let errorBuffer else { return "" }
    let bytes = errorBuffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: What came of it

  /// A number about the transfer; 0 where libcurl has none.
  public func info(_ info: NumberInfo) -> Int {
    var value = 0
    return up_curl_get_long(raw, info.raw, &value) == CURLE_OK ? value : 0
  }

  /// A time or size about the transfer; 0 where libcurl has none.
  public func info(_ info: SizeInfo) -> Int64 {
    var value: curl_off_t = 0
    return up_curl_get_size(raw, info.raw, &value) == CURLE_OK ? Int64(value) : 0
  }

  /// A text about the transfer.
  public func info(_ info: TextInfo) -> String? {
    var value: UnsafePointer<CChar>?
    guard up_curl_get_text(raw, info.raw, &value) == CURLE_OK, let value else { return nil }
    return String(cString: value)
  }

  /// When each phase ended.
  public var timings: TransferTimings {
    TransferTimings(
      nameLookup: info(SizeInfo(raw: CURLINFO_NAMELOOKUP_TIME_T)),
      connect: info(SizeInfo(raw: CURLINFO_CONNECT_TIME_T)),
      tls: info(SizeInfo(raw: CURLINFO_APPCONNECT_TIME_T)),
      requestSent: info(SizeInfo(raw: CURLINFO_PRETRANSFER_TIME_T)),
      firstByte: info(SizeInfo(raw: CURLINFO_STARTTRANSFER_TIME_T)),
      total: info(.totalTime))
  }

  /// The last value of a header in the last answer, and whether there is one.
  public func header(_ name: String) -> String? {
    var header: UnsafeMutablePointer<curl_header>?
    guard curl_easy_header(raw, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
      let value = header?.pointee.value
    else { return nil }
    return String(cString: value)
  }

  /// Runs the transfer to its end on this thread. Not for a handle that is in a `MultiHandle`.
  public func perform() -> CurlCode {
    CurlCode(curl_easy_perform(raw))
  }

  func check(_ code: CURLcode, _ call: StaticString) throws(CurlError) {
    guard code == CURLE_OK else { throw CurlError("\(call)", CurlCode(code)) }
  }
}

/// When each phase of a transfer ended, in microseconds from its start; 0 for one that was not
/// reached.
public struct TransferTimings: Hashable, Sendable {
  public var nameLookup: Int64
  public var connect: Int64
  /// 0 also where there is no TLS.
  public var tls: Int64
  public var requestSent: Int64
  public var firstByte: Int64
  public var total: Int64

  public init(
    nameLookup: Int64 = 0, connect: Int64 = 0, tls: Int64 = 0, requestSent: Int64 = 0,
    firstByte: Int64 = 0, total: Int64 = 0
  ) {
    self.nameLookup = nameLookup
    self.connect = connect
    self.tls = tls
    self.requestSent = requestSent
    self.firstByte = firstByte
    self.total = total
  }
}
