using System.Buffers.Binary;
using System.Net.Sockets;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A way to the Docker socket that can be cut, or fall silent.</summary>
internal sealed class EngineProxy : IDisposable
{
    private readonly string _path;
    private readonly string _engine;
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private Socket? _listener;
    private volatile bool _isSilent;
    private volatile byte[]? _muted;
    private volatile Action<Memory<byte>> _rewrite = _ => { };
    private volatile Flood? _flood;

    public EngineProxy(string path, string engine)
    {
        (_path, _engine) = (path, engine);
        Restore();
    }

    /// <summary>Ends every connection, and takes no new ones.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            File.Delete(_path);
            foreach (var socket in _open)
                socket.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Ends every connection, and takes new ones that nothing comes out of.</summary>
    public void FallSilent()
    {
        Cut();
        _isSilent = true;
        Restore();
    }

    public void Restore()
    {
        lock (_lock)
        {
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(_path));
            _listener.Listen();
            _ = AcceptAsync(_listener);
        }
    }

    /// <summary>Lets everything through again.</summary>
    public void Recover()
    {
        Cut();
        _isSilent = false;
        Restore();
    }

    /// <summary>From now on, a request with the text reaches the engine, and nothing that is sent behind it.</summary>
    public void Mute(string text)
    {
        _muted = System.Text.Encoding.ASCII.GetBytes(text);
        Cut();
        Restore();
    }

    /// <summary>From now on, what the engine answers can be changed in place, piece by piece.</summary>
    public void Rewrite(Action<Memory<byte>> rewrite) => _rewrite = rewrite;

    /// <summary>
    /// From now on, a container's stream is its agent's until it has greeted; then it is bytes of the test's, again and again, as fast as
    /// they are taken.
    /// </summary>
    public void FloodAttach(string dockerId, byte[] output)
    {
        // Docker's frame around a piece of standard output.
        var frame = new byte[8 + output.Length];
        frame[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), output.Length);
        output.CopyTo(frame, 8);
        _flood = new Flood(System.Text.Encoding.ASCII.GetBytes($"{dockerId}/attach?"), frame);
        Cut();
        Restore();
    }

    /// <summary>Bytes that were taken of the flood.</summary>
    public long Flooded => Volatile.Read(ref _flooded);

    private long _flooded;

    public void Dispose() => Cut();

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
                _ = ForwardAsync(await listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        lock (_lock)
            _open.AddRange([client, engine]);
        try
        {
            if (_isSilent)
                return;
            await engine.ConnectAsync(new UnixDomainSocketEndPoint(_engine));
            var flooding = new TaskCompletionSource<Flood>();
            await Task.WhenAll(CopyAsync(client, engine, _muted, _flood, flooding), CopyAsync(engine, client, flooding.Task, _rewrite));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut, or one side has ended.
        }
        finally
        {
            if (!_isSilent)
                client.Dispose();
        }
    }

    /// <param name="flood">Completes <paramref name="flooding"/> at the request that it is for.</param>
    private static async Task CopyAsync(Socket from, Socket to, byte[]? muted, Flood? flood, TaskCompletionSource<Flood> flooding)
    {
        var buffer = new byte[64 << 10];
        var isMuted = false;
        for (int count; (count = await from.ReceiveAsync(buffer)) > 0;)
        {
            if (isMuted)
                continue;
            // A connection carries one request after the other.
            isMuted = muted is not null && buffer.AsSpan(0, count).IndexOf(muted) >= 0;
            if (flood is not null && buffer.AsSpan(0, count).IndexOf(flood.Request) >= 0)
                flooding.TrySetResult(flood);
            await SendAsync(to, buffer.AsMemory(0, count));
        }
        to.Shutdown(SocketShutdown.Send);
    }

    private async Task CopyAsync(Socket from, Socket to, Task<Flood> flooding, Action<Memory<byte>> rewrite)
    {
        var buffer = new byte[64 << 10];
        var receiving = from.ReceiveAsync(buffer);
        for (int count; (count = await receiving) > 0; receiving = from.ReceiveAsync(buffer))
        {
            rewrite(buffer.AsMemory(0, count));
            await SendAsync(to, buffer.AsMemory(0, count));
            // The agent has greeted, and nothing follows that the greeting could be cut by.
            if (!flooding.IsCompletedSuccessfully || buffer.AsSpan(0, count).IndexOf("\u0002MDBagt1"u8) < 0)
                continue;
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            while (true)
            {
                await SendAsync(to, (await flooding).Frame);
                Interlocked.Add(ref _flooded, (await flooding).Frame.Length);
            }
        }
        to.Shutdown(SocketShutdown.Send);
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += await to.SendAsync(bytes[sent..]);
    }

    private sealed record Flood(byte[] Request, byte[] Frame);
}
