/// What a person is in an organization. Each may do all that the next may.
public enum Role: String, Hashable, Sendable, CaseIterable, Comparable {
  /// Everything; alone may make and unmake owners. An organization has at least one.
  case owner
  /// Everything but what concerns owners.
  case admin
  /// Changes what is watched and who is told, and makes keys.
  case editor
  /// Looks.
  case viewer

  /// What it allows.
  public var scopes: Set<Scope> {
    switch self {
    case .owner, .admin:
      Set(Scope.allCases).subtracting([.installationOperator])
    case .editor:
      Role.viewer.scopes.union([
        .monitorsWrite, .incidentsWrite, .channelsWrite, .pagesWrite, .keysRead, .keysWrite,
      ])
    case .viewer:
      [
        .monitorsRead, .agentsRead, .incidentsRead, .resultsRead, .channelsRead, .pagesRead,
        .membersRead,
      ]
    }
  }

  private var rank: Int {
    switch self {
    case .owner: 3
    case .admin: 2
    case .editor: 1
    case .viewer: 0
    }
  }

  public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}

/// As what somebody changes an organization's members and keys.
public enum Authority: Hashable, Sendable {
  /// As a member.
  case role(Role)
  /// As the installation: its operators, its command line.
  case installation
  /// As nobody: a person who is no member any more, or disabled.
  case none

  /// What it allows in the organization.
  public var scopes: Set<Scope> {
    switch self {
    case .role(let role): role.scopes
    case .installation: Set(Scope.allCases)
    case .none: []
    }
  }

  /// Whether it may give somebody `role`, take it, or change one who has it: owners are made and
  /// unmade by owners, all others by admins too.
  public func mayGive(_ role: Role) -> Bool {
    switch self {
    case .role(.owner), .installation: true
    case .role(.admin): role < .owner
    case .role(.editor), .role(.viewer), .none: false
    }
  }

  /// Whether it may revoke keys that others made; an editor may revoke only their own.
  public var managesKeysOfOthers: Bool {
    switch self {
    case .role(.owner), .role(.admin), .installation: true
    case .role(.editor), .role(.viewer), .none: false
    }
  }

  /// What a key with `wished` scopes may do at this moment, where its maker has this authority: never
  /// more than the maker.
  public func allows(_ wished: Set<Scope>) -> Set<Scope> { wished.intersection(scopes) }
}
