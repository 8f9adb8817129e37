import API
import HTTPTypes
import NIOCore
import Pages
import Zlib

/// An answer made once, with all that goes with it: to hand it out again costs a look at the request.
struct KeptAnswer: Sendable {
  /// How long others may keep it.
  enum Caching: String, Sendable {
    /// A part of a page, which changes.
    case page = "public, max-age=10, stale-while-revalidate=30, stale-if-error=86400"
    /// A file whose name changes with it.
    case file = "public, max-age=31536000, immutable"
    case none = "no-store"
  }

  /// It as it is sent: plain, or compressed.
  private struct Form: Sendable {
    let bytes: ByteBuffer
    let tag: String
    let fields: HTTPFields
    /// The fields of an answer that says that whoever asks has it.
    let unchanged: HTTPFields
  }

  private let plain: Form
  /// `nil` where compressing saves nothing.
  private let compressed: Form?

  /// Below it, compressing costs more than it saves.
  private static let leastCompressed = 512

  /// - Parameter isForPrograms: whether pages of other origins may read it.
  init(
    _ bytes: [UInt8], type: String, caching: Caching, isForPrograms: Bool = false
  ) {
    var packed = bytes.count >= Self.leastCompressed ? Gzip.compress(bytes, level: 9) : nil
    if let count = packed?.count, count >= bytes.count { packed = nil }
    var fields = HTTPFields()
    fields[.cacheControl] = caching.rawValue
    if packed != nil { fields[.vary] = "Accept-Encoding" }
    fields[.xContentTypeOptions] = "nosniff"
    fields[.contentSecurityPolicy] = Stylesheet.contentSecurityPolicy
    if isForPrograms {
      fields[.accessControlAllowOrigin] = "*"
      if let resourcePolicy = Self.resourcePolicy { fields[resourcePolicy] = "cross-origin" }
    }
    let tag = EntityTag.of(bytes, version: nil)
    plain = Self.form(bytes, tag: tag, type: type, fields)
    compressed = packed.map { packed in
      var form = fields
      form[.contentEncoding] = "gzip"
      return Self.form(packed, tag: EntityTag.compressed(tag), type: type, form)
    }
  }

  private static func form(
    _ bytes: [UInt8], tag: String, type: String, _ fields: HTTPFields
  ) -> Form {
    var unchanged = fields
    unchanged[.eTag] = tag
    unchanged[.contentEncoding] = nil
    var fields = fields
    fields[.eTag] = tag
    fields[.contentType] = type
    fields[.contentLength] = String(bytes.count)
    return Form(bytes: ByteBuffer(bytes: bytes), tag: tag, fields: fields, unchanged: unchanged)
  }

  private static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")

  /// The tag of its plain form.
  var tag: String { plain.tag }

  /// How much memory it takes, about.
  var byteCount: Int {
    plain.bytes.readableBytes + (compressed?.bytes.readableBytes ?? 0) + 1_024
  }

  /// It, as an answer to a request.
  func answer(to head: HTTPRequest, status: HTTPResponse.Status = .ok) -> PublicAnswer {
    var form = plain
    if let compressed, Negotiation.acceptsGzip(head.headerFields[.acceptEncoding]) {
      form = compressed
    }
    if status == .ok, let known = head.headerFields[.ifNoneMatch],
      EntityTag.isNamed(form.tag, in: known)
    {
      return PublicAnswer(status: .notModified, fields: form.unchanged)
    }
    return PublicAnswer(
      status: status, fields: form.fields, body: head.method == .head ? nil : form.bytes)
  }
}
