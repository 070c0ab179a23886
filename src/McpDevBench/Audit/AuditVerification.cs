using System.Text;

namespace McpDevBench.Audit;

/// <summary>The first record that differs from what the server wrote.</summary>
/// <param name="What">altered, removed, inserted or reordered.</param>
internal sealed record AuditFlaw(long Seq, string What);

/// <summary>Verifies the chain.</summary>
internal sealed class AuditVerification(AuditChain chain)
{
    private const string Altered = "altered", Removed = "removed", Inserted = "inserted", Reordered = "reordered";

    /// <summary>The number of verified records.</summary>
    public long Count { get; private set; }

    /// <returns>Null if the rows are intact.</returns>
    public AuditFlaw? OfRows(AuditStore store) => store.Walk((pruned, last, records) =>
    {
        if (pruned.Seq > 0 && !IsSealed(pruned))
            return new AuditFlaw(pruned.Seq, Removed);
        if (last.Seq > 0 && !IsSealed(last))
            return new AuditFlaw(last.Seq, Altered);
        var (seq, hash) = (pruned.Seq, pruned.Hash);
        foreach (var record in records)
        {
            if (record.Seq > seq + 1)
                return new AuditFlaw(seq + 1, Removed);
            if (record.Seq > last.Seq)
                return new AuditFlaw(record.Seq, Inserted);
            if (!Follows(record, seq, hash))
                return new AuditFlaw(record.Seq, WhatHappened(record, hash, store));
            (seq, hash) = (record.Seq, record.Hash);
            Count++;
        }
        return seq < last.Seq ? new AuditFlaw(seq + 1, Removed) : null;
    });

    /// <summary>
    /// Verifies a file of JSON lines. It may begin with any record, because files are rotated.
    /// </summary>
    /// <returns>Null if the lines are intact.</returns>
    public AuditFlaw? OfFile(string path)
    {
        var (seq, hash) = (0L, AuditChain.Beginning);
        foreach (var line in File.ReadLines(path))
        {
            var bytes = Encoding.UTF8.GetBytes(line);
            if (AuditJson.Read(bytes) is not { } record)
                return new AuditFlaw(seq + 1, Altered);
            if (Count == 0 && record.Seq > 1)
                (seq, hash) = (record.Seq - 1, record.PrevHash);
            if (!Follows(record, seq, hash))
                return new AuditFlaw(seq + 1, Difference(record, seq));
            (seq, hash) = (record.Seq, record.Hash);
            Count++;
        }
        return null;
    }

    private bool IsSealed(AuditMark mark) => mark.Seal.AsSpan().SequenceEqual(chain.Seal(mark.Name, mark.Seq, mark.Hash));

    private bool IsGenuine(AuditRecord record) => record.Hash.AsSpan().SequenceEqual(chain.Hash(record.Seq, record.Entry, record.PrevHash));

    private bool Follows(AuditRecord record, long seq, byte[] hash) =>
        record.Seq == seq + 1 && record.PrevHash.AsSpan().SequenceEqual(hash) && IsGenuine(record);

    private string Difference(AuditRecord record, long seq)
    {
        if (!IsGenuine(record))
            return Altered;
        return record.Seq > seq ? Removed : Reordered;
    }

    /// <summary>Whether the record that belongs here is elsewhere, and whether this one belongs elsewhere.</summary>
    private static string WhatHappened(AuditRecord record, byte[] hash, AuditStore store)
    {
        if (!store.HasFollower(hash, except: record.Seq))
            return Altered;
        return !record.PrevHash.AsSpan().SequenceEqual(hash) && store.HasHash(record.PrevHash, except: record.Seq) ? Reordered : Inserted;
    }
}
