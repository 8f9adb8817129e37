extension RecordData: CustomStringConvertible {
  /// As a master file writes it: RFC 1035 section 5.1 and the section on presentation of each type.
  public var description: String {
    switch self {
    case .address(let address): return "\(address)"
    case .name(let name): return "\(name)"
    case .mailExchange(let preference, let exchange): return "\(preference) \(exchange)"
    case .startOfAuthority(let start): return "\(start)"
    case .text(let strings):
      return strings.map { PresentationText.quoted($0) }.joined(separator: " ")
    case .service(let service):
      return "\(service.priority) \(service.weight) \(service.port) \(service.target)"
    case .naming(let rule): return "\(rule)"
    case .authorization(let authorization): return "\(authorization)"
    case .binding(let binding): return "\(binding)"
    case .tlsAssociation(let usage, let selector, let matching, let data):
      return "\(usage) \(selector) \(matching) \(PresentationText.hexadecimal(data))"
    case .sshFingerprint(let algorithm, let kind, let fingerprint):
      return "\(algorithm) \(kind) \(PresentationText.hexadecimal(fingerprint))"
    case .delegationSigner(let keyTag, let algorithm, let digestKind, let digest):
      return "\(keyTag) \(algorithm) \(digestKind) \(PresentationText.hexadecimal(digest))"
    case .key(let flags, let `protocol`, let algorithm, let key):
      return "\(flags) \(`protocol`) \(algorithm) \(PresentationText.base64(key))"
    case .signature(let signature): return "\(signature)"
    case .nextSecure(let next, let types):
      return (["\(next)"] + types.map { "\($0)" }).joined(separator: " ")
    case .unknown(let bytes): return PresentationText.generic(bytes)
    }
  }
}

extension StartOfAuthority: CustomStringConvertible {
  public var description: String {
    "\(primary) \(mailbox) \(serial) \(refresh) \(retry) \(expire) \(minimum)"
  }
}

extension NamingRule: CustomStringConvertible {
  public var description: String {
    let strings = [flags, services, expression].map { PresentationText.quoted($0) }
    return "\(order) \(preference) \(strings.joined(separator: " ")) \(replacement)"
  }
}

extension Authorization: CustomStringConvertible {
  public var description: String {
    var word: [UInt8] = []
    for byte in tag { PresentationText.append(byte, to: &word, isQuoted: false) }
    return "\(flags) \(String(decoding: word, as: UTF8.self)) \(PresentationText.quoted(value))"
  }
}

extension RecordSignature: CustomStringConvertible {
  public var description: String {
    "\(covered) \(algorithm) \(labels) \(originalTTL) \(PresentationText.time(expiration)) "
      + "\(PresentationText.time(inception)) \(keyTag) \(signer) "
      + PresentationText.base64(signature)
  }
}

extension ServiceBinding: CustomStringConvertible {
  public var description: String {
    (["\(priority)", "\(target)"] + parameters.map { "\($0)" }).joined(separator: " ")
  }
}
