using Docker.DotNet;

namespace McpDevBench.Engine;

/// <summary>Bytes to and from a process in a container, over a connection of its own to the engine.</summary>
internal sealed class EngineStream(MultiplexedStream inner) : IDisposable
{
    /// <returns>Bytes read; 0 at the end.</returns>
    public async ValueTask<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await inner.ReadOutputAsync(buffer, offset, count, cancellationToken);
            // The agent writes nothing to stderr; what a dying process writes there is not part of the protocol.
            if (read.EOF || read.Target == MultiplexedStream.TargetStream.StandardOut)
                return read.Count;
        }
    }

    public Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public void Dispose() => inner.Dispose();
}
