using System.Net.Sockets;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A unix socket that somebody listens on, and that nobody may open.</summary>
internal sealed class SocketFile : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public SocketFile(string path)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen();
        File.SetUnixFileMode(path, UnixFileMode.None);
    }

    public void Dispose() => _socket.Dispose();
}
