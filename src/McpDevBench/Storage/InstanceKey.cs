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
        // The database holds the lock of this folder: nobody else creates the key at the same time.
        ArgumentNullException.ThrowIfNull(database);
        var path = options.StateDatabase + ".key";
        if (!File.Exists(path))
        {
            var temporary = path + ".new";
            using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                file.Write(RandomNumberGenerator.GetBytes(Length));
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path);
        }
        _key = File.ReadAllBytes(path);
        if (_key.Length != Length)
            throw Database.Unusable(options, $"its key file {path} has {_key.Length} bytes instead of {Length}");
    }

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
}
