/// Which rules take a step.
public enum EngineVersion {
  /// Raised with every change after which the same state and event may give another state or other
  /// directives, that of `MonitorState.currentVersion` among them; stored with each step, so that a
  /// replay knows whether it may expect the same.
  public static let current: Int32 = 4
}
