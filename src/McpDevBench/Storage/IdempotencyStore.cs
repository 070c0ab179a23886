using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace McpDevBench.Storage;

/// <summary>Which handle a key stands for: 24 hours, for its owner alone, across restarts.</summary>
internal sealed class IdempotencyStore(Database database, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>A hash of a call's arguments, in a fixed order.</summary>
    public static string Fingerprint(params ReadOnlySpan<object?> arguments)
    {
        var text = new StringBuilder();
        foreach (var argument in arguments)
            text.Append(CultureInfo.InvariantCulture, $"{argument}").Append('\0');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <returns>The handle that the key stands for, or null.</returns>
    /// <exception cref="RequestException">conflict: the key was used with other arguments.</exception>
    public string? Find(Caller caller, string scope, string key, string fingerprint)
    {
        var found = database.Read(connection => connection.Query(
            "SELECT fingerprint, handle FROM idempotency_keys "
                + "WHERE owner = $owner AND scope = $scope AND key = $key AND created_at > $oldest",
            row => (Fingerprint: row.GetString(0), Handle: row.GetString(1)),
            ("$owner", caller.Name), ("$scope", scope), ("$key", key), ("$oldest", (time.GetUtcNow() - Lifetime).Milliseconds())));
        if (found.Count == 0)
            return null;
        return found[0].Fingerprint == fingerprint
            ? found[0].Handle
            : throw new RequestException(
                ErrorCode.Conflict, $"idempotency_key '{key}' was used before with other arguments.",
                "Use a new key, or exactly the same arguments.");
    }

    public void Save(Caller caller, string scope, string key, string fingerprint, string handle) =>
        database.Write(connection => connection.Run(
            "INSERT OR REPLACE INTO idempotency_keys (owner, scope, key, fingerprint, handle, created_at) "
                + "VALUES ($owner, $scope, $key, $fingerprint, $handle, $now)",
            ("$owner", caller.Name), ("$scope", scope), ("$key", key), ("$fingerprint", fingerprint), ("$handle", handle),
            ("$now", time.GetUtcNow().Milliseconds())));

    /// <returns>Keys removed.</returns>
    public int Purge() => database.Write(connection => connection.Run(
        "DELETE FROM idempotency_keys WHERE created_at <= $oldest", ("$oldest", (time.GetUtcNow() - Lifetime).Milliseconds())));
}
