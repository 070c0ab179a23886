using System.Security.Cryptography;
using McpDevBench.Workspaces;
using McpDevBench.Storage;

namespace McpDevBench.Execs;

/// <summary>
/// Keys of execs that show by themselves that this server made them, and for which workspace: what an agent names is checked also where the
/// database has no row of it, because the row has expired or the database was lost.
/// </summary>
internal sealed class ExecKeys(InstanceKey key)
{
    /// <summary>One half is random, the other one the beginning of its HMAC.</summary>
    private const int Half = 8;

    public ExecId New(WorkspaceId workspace)
    {
        Span<byte> bytes = stackalloc byte[2 * Half];
        RandomNumberGenerator.Fill(bytes[..Half]);
        Proof(workspace, bytes[..Half]).CopyTo(bytes[Half..]);
        return new ExecId(new Guid(bytes));
    }

    public bool IsOurs(ExecId id, WorkspaceId workspace)
    {
        Span<byte> bytes = stackalloc byte[2 * Half];
        id.Value.TryWriteBytes(bytes);
        return CryptographicOperations.FixedTimeEquals(Proof(workspace, bytes[..Half]), bytes[Half..]);
    }

    private ReadOnlySpan<byte> Proof(WorkspaceId workspace, ReadOnlySpan<byte> random) =>
        key.Sign("exec", workspace.ToString(), Convert.ToHexStringLower(random)).AsSpan(0, Half);
}
