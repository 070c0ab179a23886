using System.Diagnostics;
using System.Text;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A program of this machine that runs beside a test, in a folder of its own, and ends with it.</summary>
internal sealed class BackgroundProgram : IAsyncDisposable
{
    private readonly StringBuilder _said = new();
    private readonly Process _process;

    private BackgroundProgram(string program, string[] arguments)
    {
        _process = new Process { StartInfo = Command.StartInfo(program, arguments, environment: null) };
        _process.OutputDataReceived += Remember;
        _process.ErrorDataReceived += Remember;
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <param name="ready">An address that answers 200 once it can be used.</param>
    public static async Task<BackgroundProgram> Start(string program, Uri ready, params string[] arguments)
    {
        var started = new BackgroundProgram(program, arguments);
        using var http = new HttpClient();
        await Deadline.Until(async () =>
        {
            Assert.False(started._process.HasExited, $"{program} has ended:\n{started.Said}");
            try
            {
                using var answer = await http.GetAsync(ready, TestContext.Current.CancellationToken);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // It does not listen yet.
            }
        }, $"{ready} answers");
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        ProcessTable.Signal(_process.Id, ProcessTable.Terminate);
        using var patience = new CancellationTokenSource(Deadline.Timeout);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    private void Remember(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            _said.AppendLine(line.Data);
    }
}
