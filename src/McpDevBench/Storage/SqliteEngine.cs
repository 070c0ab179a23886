using System.Globalization;
using static SQLitePCL.raw;

namespace McpDevBench.Storage;

/// <summary>The SQLite that is linked in: its version, and whether it can hold the state.</summary>
internal static class SqliteEngine
{
    /// <summary>3.51.3, the first without the race of two writing connections that can lose a WAL.</summary>
    public const int MinVersion = 3_051_003;

    /// <summary>What a build may leave out and the databases need.</summary>
    private static readonly string[] _needed = ["WAL", "FOREIGN_KEY", "INTEGRITY_CHECK", "TRIGGER"];

    private static readonly Lazy<string> _version = new(() =>
    {
        SQLitePCL.Batteries_V2.Init();
        return Require(sqlite3_libversion_number(), sqlite3_threadsafe() != 0, option => sqlite3_compileoption_used(option) != 0);
    });

    /// <summary>Its version, once it is known to be fit. Initialises the library on first use.</summary>
    /// <exception cref="RequestException">It is too old, or built without something that the state needs.</exception>
    public static string Version => _version.Value;

    /// <param name="version">As <c>sqlite3_libversion_number</c> has it: 3051003 is 3.51.3.</param>
    /// <param name="isUsed">Whether a build option was used.</param>
    internal static string Require(int version, bool isThreadSafe, Func<string, bool> isUsed)
    {
        var text = TextOf(version);
        if (version < MinVersion)
            throw Unfit($"The SQLite in this build is {text}; {TextOf(MinVersion)} or newer is needed.");
        if (!isThreadSafe)
            throw Unfit($"The SQLite {text} in this build has THREADSAFE=0; THREADSAFE=1 or 2 is needed.");
        if (_needed.FirstOrDefault(feature => isUsed("OMIT_" + feature)) is { } missing)
            throw Unfit($"The SQLite {text} in this build has OMIT_{missing}; that feature is needed.");
        return text;
    }

    private static string TextOf(int version) =>
        string.Create(CultureInfo.InvariantCulture, $"{version / 1_000_000}.{version / 1_000 % 1_000}.{version % 1_000}");

    private static RequestException Unfit(string message) => new(
        ErrorCode.ServerError, message,
        "Use a released binary, or build one with 'make publish', which compiles a pinned SQLite.");
}
