using System.Formats.Tar;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace McpDevBench.LoadTests;

/// <summary>
/// What <c>docker exec</c> and <c>docker cp</c> do, without the start of the docker client: the engine's API over its socket.
/// </summary>
internal sealed class DockerApi : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint("/var/run/docker.sock"), token);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://docker") };

    /// <returns>The exit code.</returns>
    public async Task<int> ExecAsync(string container, params string[] command)
    {
        using var created = await _http.PostAsJsonAsync(
            $"/containers/{container}/exec", new { AttachStdout = true, AttachStderr = true, Cmd = command });
        var id = (await created.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("Id").GetString();
        using var started = await _http.PostAsJsonAsync($"/exec/{id}/start", new { Detach = false, Tty = false });
        await started.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
        var inspected = await _http.GetFromJsonAsync<JsonElement>($"/exec/{id}/json");
        return inspected.GetProperty("ExitCode").GetInt32();
    }

    /// <returns>The file's bytes, out of the archive that the engine sends.</returns>
    public async Task<byte[]> CopyFromAsync(string container, string path)
    {
        await using var archive = await _http.GetStreamAsync(new Uri($"/containers/{container}/archive?path={path}", UriKind.Relative));
        await using var reader = new TarReader(archive);
        var entry = await reader.GetNextEntryAsync() ?? throw new InvalidDataException("an empty archive");
        var content = new MemoryStream();
        await entry.DataStream!.CopyToAsync(content);
        return content.ToArray();
    }

    public async Task CopyToAsync(string container, string folder, string name, byte[] content)
    {
        var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, leaveOpen: true))
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        archive.Position = 0;
        using var answer = await _http.PutAsync(
            new Uri($"/containers/{container}/archive?path={folder}", UriKind.Relative), new StreamContent(archive));
        answer.EnsureSuccessStatusCode();
    }

    public async Task<long> ImageBytesAsync(string image) =>
        (await _http.GetFromJsonAsync<JsonElement>($"/images/{image}/json")).GetProperty("Size").GetInt64();

    public void Dispose() => _http.Dispose();
}
