import Testing

/// Whatever opens sockets, one after the other: some tests count descriptors, or take them away.
@Suite(.serialized) struct SocketTests {}
