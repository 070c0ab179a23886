using System.Security.Cryptography;
using System.Text;

namespace McpDevBench.Storage;

/// <summary>The server's secret, in a file beside the database: it signs what is ours, and derives the secret of each agent.</summary>
internal sealed class InstanceKey
{
    private const int Length = 32;
    private readonly byte[] _key;

    public InstanceKey(StorageOptions options, Database database)
    {
        // The database holds the lock of this folder, so no other server creates the key at the same time.
        ArgumentNullException.ThrowIfNull(database);
        if (!File.Exists(PathOf(options)))
            Create(PathOf(options));
        _key = Read(options);
        Place = PlaceOf(PathOf(options));
    }

    private InstanceKey(byte[] key) => (_key, Place) = (key, "");

    /// <summary>Differs for each copy of the file: its path and its number in the file system, hashed.</summary>
    public string Place { get; }

    /// <summary>That of a server that may be running: only read, never created.</summary>
    public static InstanceKey Existing(StorageOptions options) => new(Read(options));

    /// <summary>HMAC-SHA256 over the parts, each with its length before it, so that no two lists of parts are alike.</summary>
    public byte[] Sign(params ReadOnlySpan<string> parts)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hmac.AppendData(BitConverter.GetBytes(bytes.Length));
            hmac.AppendData(bytes);
        }
        return hmac.GetHashAndReset();
    }

    private static string PathOf(StorageOptions options) => options.StateDatabase + ".key";

    private static string PlaceOf(string path) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Path.GetFullPath(path)}\n{FileIdentity.InodeOf(path)}")))[..16];

    private static void Create(string path)
    {
        var temporary = path + ".new";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(temporary, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Length));
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path);
    }

    private static byte[] Read(StorageOptions options)
    {
        try
        {
            var key = File.ReadAllBytes(PathOf(options));
            return key.Length == Length
                ? key
                : throw Database.Unusable(
                    options, $"its key file {PathOf(options)} has {Plural.Of(key.Length, "byte")} instead of {Length}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Database.Unusable(options, $"its key file {PathOf(options)} cannot be read ({e.Message})", e);
        }
    }
}
