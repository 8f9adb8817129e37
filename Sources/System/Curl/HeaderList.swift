import CCurl

/// A list of lines for libcurl (`curl_slist`): request headers, as `Name: value`.
///
/// libcurl does not copy it, so it must outlive every transfer that uses it.
public final class HeaderList {
  private(set) var head: UnsafeMutablePointer<curl_slist>?

  public init() {}

  deinit {
    curl_slist_free_all(head)
  }

  /// Adds a line at the end.
  ///
  /// - Returns: the line's bytes in the list, without the terminating zero. They may be changed in
  ///   place between transfers, for as long as the list lives; a zero ends the line.
  @discardableResult
  public func append(_ line: String) throws(CurlError) -> UnsafeMutableBufferPointer<CChar> {
    guard let head = curl_slist_append(head, line) else {
      throw CurlError("add a header", CurlCode(CURLE_OUT_OF_MEMORY))
    }
    self.head = head
    var last = head
    while let next = last.pointee.next { last = next }
    return UnsafeMutableBufferPointer(start: last.pointee.data, count: line.utf8.count)
  }
}
