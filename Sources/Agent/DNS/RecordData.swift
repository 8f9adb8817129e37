import Model

/// What a record says, by its type. Its description is its text in a master file.
public enum RecordData: Hashable, Sendable {
  /// A (RFC 1035 section 3.4.1) and AAAA (RFC 3596 section 2.2).
  case address(IPAddress)
  /// NS, CNAME, PTR (RFC 1035 section 3.3) and DNAME (RFC 6672).
  case name(DomainName)
  case mailExchange(preference: UInt16, exchange: DomainName)
  case startOfAuthority(StartOfAuthority)
  /// TXT and SPF (RFC 1035 section 3.3.14, RFC 7208): at least one string.
  case text([[UInt8]])
  case service(ServiceLocation)
  case naming(NamingRule)
  case authorization(Authorization)
  case binding(ServiceBinding)
  /// TLSA (RFC 6698).
  case tlsAssociation(usage: UInt8, selector: UInt8, matching: UInt8, data: [UInt8])
  /// SSHFP (RFC 4255).
  case sshFingerprint(algorithm: UInt8, kind: UInt8, fingerprint: [UInt8])
  /// DS (RFC 4034 section 5).
  case delegationSigner(keyTag: UInt16, algorithm: UInt8, digestKind: UInt8, digest: [UInt8])
  /// DNSKEY (RFC 4034 section 2).
  case key(flags: UInt16, protocol: UInt8, algorithm: UInt8, key: [UInt8])
  case signature(RecordSignature)
  /// NSEC (RFC 4034 section 4): the next name that there is, and the types at this one.
  case nextSecure(next: DomainName, types: [RecordType])
  /// A type that is not read here, as the bytes it came in (RFC 3597).
  case unknown([UInt8])
}

/// SOA (RFC 1035 section 3.3.13).
public struct StartOfAuthority: Hashable, Sendable {
  public var primary: DomainName
  public var mailbox: DomainName
  public var serial: UInt32
  public var refresh: UInt32
  public var retry: UInt32
  public var expire: UInt32
  /// How long, in seconds, it may be kept that there is no such record (RFC 2308 section 4).
  public var minimum: UInt32

  public init(
    primary: DomainName, mailbox: DomainName, serial: UInt32, refresh: UInt32, retry: UInt32,
    expire: UInt32, minimum: UInt32
  ) {
    self.primary = primary
    self.mailbox = mailbox
    self.serial = serial
    self.refresh = refresh
    self.retry = retry
    self.expire = expire
    self.minimum = minimum
  }
}

/// SRV (RFC 2782).
public struct ServiceLocation: Hashable, Sendable {
  public var priority: UInt16
  public var weight: UInt16
  public var port: UInt16
  public var target: DomainName

  public init(priority: UInt16, weight: UInt16, port: UInt16, target: DomainName) {
    self.priority = priority
    self.weight = weight
    self.port = port
    self.target = target
  }
}

/// NAPTR (RFC 3403 section 4).
public struct NamingRule: Hashable, Sendable {
  public var order: UInt16
  public var preference: UInt16
  public var flags: [UInt8]
  public var services: [UInt8]
  public var expression: [UInt8]
  public var replacement: DomainName

  public init(
    order: UInt16, preference: UInt16, flags: [UInt8], services: [UInt8], expression: [UInt8],
    replacement: DomainName
  ) {
    self.order = order
    self.preference = preference
    self.flags = flags
    self.services = services
    self.expression = expression
    self.replacement = replacement
  }
}

/// CAA (RFC 8659 section 4.1).
public struct Authorization: Hashable, Sendable {
  public var flags: UInt8
  /// At least one byte.
  public var tag: [UInt8]
  public var value: [UInt8]

  public init(flags: UInt8, tag: [UInt8], value: [UInt8]) {
    self.flags = flags
    self.tag = tag
    self.value = value
  }
}

/// RRSIG (RFC 4034 section 3).
public struct RecordSignature: Hashable, Sendable {
  public var covered: RecordType
  public var algorithm: UInt8
  public var labels: UInt8
  public var originalTTL: UInt32
  /// Seconds since 1970, as serial numbers of 32 bits.
  public var expiration: UInt32
  public var inception: UInt32
  public var keyTag: UInt16
  public var signer: DomainName
  public var signature: [UInt8]

  public init(
    covered: RecordType, algorithm: UInt8, labels: UInt8, originalTTL: UInt32, expiration: UInt32,
    inception: UInt32, keyTag: UInt16, signer: DomainName, signature: [UInt8]
  ) {
    self.covered = covered
    self.algorithm = algorithm
    self.labels = labels
    self.originalTTL = originalTTL
    self.expiration = expiration
    self.inception = inception
    self.keyTag = keyTag
    self.signer = signer
    self.signature = signature
  }
}

/// SVCB and HTTPS (RFC 9460 section 2.2).
public struct ServiceBinding: Hashable, Sendable {
  /// 0 makes it an alias.
  public var priority: UInt16
  public var target: DomainName
  /// In ascending order of their keys.
  public var parameters: [Parameter]

  public init(priority: UInt16, target: DomainName, parameters: [Parameter] = []) {
    self.priority = priority
    self.target = target
    self.parameters = parameters
  }

  /// One parameter as it came.
  public struct Parameter: Hashable, Sendable {
    public var key: UInt16
    public var value: [UInt8]

    public init(key: UInt16, value: [UInt8]) {
      self.key = key
      self.value = value
    }
  }
}
