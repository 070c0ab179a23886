// The agent lives on Linux, and so do its tests: they set modes of files.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
