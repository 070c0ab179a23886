using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using McpDevBench.Storage;

namespace McpDevBench.Audit;

/// <summary>
/// Chains each record to the one before it by an HMAC with the server's key: without the key, a changed, removed, added or moved record
/// shows. Not thread-safe.
/// </summary>
internal sealed class AuditChain(InstanceKey key)
{
    /// <summary>What comes before the first record.</summary>
    public static readonly byte[] Beginning = new byte[32];

    private readonly byte[] _key = key.Sign("audit");
    private readonly ArrayBufferWriter<byte> _canonical = new(1024);

    /// <summary>
    /// HMAC-SHA256 over the previous hash and every field in a fixed order, each with its length. Not over the JSON, whose escapes may
    /// differ between runtimes.
    /// </summary>
    public byte[] Hash(long seq, AuditEntry entry, ReadOnlySpan<byte> prevHash)
    {
        _canonical.ResetWrittenCount();
        _canonical.Write(prevHash);
        Number(seq);
        Number(entry.Timestamp.ToUnixTimeMilliseconds());
        Text(entry.EventType);
        Text(entry.Principal);
        Text(entry.ClientName);
        Text(entry.SessionId);
        Text(entry.ContainerId);
        Text(entry.ExecId);
        Text(entry.Image);
        Text(entry.Target);
        Text(entry.Result);
        Text(entry.ErrorCode);
        Number(entry.DurationMs ?? -1);
        Text(entry.CorrelationId);
        Text(entry.TraceId);
        return HMACSHA256.HashData(_key, _canonical.WrittenSpan);
    }

    /// <summary>Signs a place in the chain. Shorter than any record, so that it can never be one's hash.</summary>
    public byte[] Seal(string name, long seq, ReadOnlySpan<byte> hash)
    {
        _canonical.ResetWrittenCount();
        Text(name);
        Number(seq);
        _canonical.Write(hash);
        return HMACSHA256.HashData(_key, _canonical.WrittenSpan);
    }

    private void Number(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_canonical.GetSpan(8), value);
        _canonical.Advance(8);
    }

    private void Text(string? value)
    {
        // Absent is not the same as empty.
        var length = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
        BinaryPrimitives.WriteInt32LittleEndian(_canonical.GetSpan(4), length);
        _canonical.Advance(4);
        if (value is not null)
            _canonical.Advance(Encoding.UTF8.GetBytes(value, _canonical.GetSpan(Math.Max(length, 1))));
    }
}
