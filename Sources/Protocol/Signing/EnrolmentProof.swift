import Model
import OpenSSL
import Wire

/// The codes of the two enrolment frames.
public enum EnrolmentProof {
  /// What ENROLL's code must be: made with the token's secret, over all that stands before it.
  public static func agentCode(
    for enroll: Enroll, secret: [UInt8], channelBinding: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    var writer = ByteWriter()
    enroll.encodePreceding(to: &writer)
    return try agentCode(preceding: writer.bytes, secret: secret, channelBinding: channelBinding)
  }

  /// What ENROLL's code must be, over the body before it as it was received.
  public static func agentCode(
    preceding: [UInt8], secret: [UInt8], channelBinding: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    try HMAC.tag(key: secret, Array("upb1 enrol A".utf8) + channelBinding + preceding)
  }

  /// What ENROLLED's code must be: made with the new root, which only the two sides can derive.
  public static func collectorCode(
    for enrolled: Enrolled, root: [UInt8], enrollFrame: [UInt8], channelBinding: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    var writer = ByteWriter()
    enrolled.encodePreceding(to: &writer)
    return try collectorCode(
      preceding: writer.bytes, root: root, enrollFrame: enrollFrame, channelBinding: channelBinding)
  }

  /// What ENROLLED's code must be, over the body before it as it was received.
  public static func collectorCode(
    preceding: [UInt8], root: [UInt8], enrollFrame: [UInt8], channelBinding: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    try HMAC.tag(
      key: root,
      Array("upb1 enrol C".utf8) + channelBinding + SHA256.digest(enrollFrame) + preceding)
  }
}

/// The code of KEY_ROTATED.
public enum RotationProof {
  /// What the code must be: made with the new root, over KEY_ROTATE's body and KEY_ROTATED's body
  /// before it.
  public static func code(
    root: [UInt8], rotateBody: [UInt8], rotated: KeyRotated
  ) throws(OpenSSLError) -> [UInt8] {
    var writer = ByteWriter()
    rotated.encodePreceding(to: &writer)
    return try code(root: root, rotateBody: rotateBody, rotatedPreceding: writer.bytes)
  }

  /// What the code must be, over KEY_ROTATED's body before it as it was received.
  public static func code(
    root: [UInt8], rotateBody: [UInt8], rotatedPreceding: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    try HMAC.tag(key: root, Array("upb1 rot".utf8) + rotateBody + rotatedPreceding)
  }
}
