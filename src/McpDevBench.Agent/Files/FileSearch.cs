using System.Text.RegularExpressions;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Finding lines in the text files of a tree.</summary>
internal sealed class FileSearch(RootDirectory workspace)
{
    public SearchResponse Search(SearchRequest request, Channel channel) => new TreeSearch(workspace, request, channel).Search();

    private sealed class TreeSearch
    {
        /// <summary>After so long, what has been found is answered, with where to go on.</summary>
        private const int MaxMilliseconds = 12_000;

        /// <summary>Matches of one line, or of a piece of a longer one, that are counted.</summary>
        private const int MaxOfLine = 1_000;

        private readonly RootDirectory _workspace;
        private readonly SearchRequest _request;
        private readonly Channel _channel;
        private readonly LineMatcher _matcher;
        private readonly LineReader _reader;
        private readonly SearchResults _results;
        private long _lastMatch;
        private readonly long _deadline = Clock.Milliseconds + MaxMilliseconds;

        public TreeSearch(RootDirectory workspace, SearchRequest request, Channel channel)
        {
            (_workspace, _request, _channel) = (workspace, request, channel);
            _matcher = new LineMatcher(request.Pattern, request.Literal, request.IgnoreCase);
            _reader = new LineReader { KeepCarriageReturn = _matcher.WantsCarriageReturn };
            _results = new SearchResults(request);
        }

        public SearchResponse Search()
        {
            var start = _workspace.Open(_request.Path, Abi.O_PATH);
            if (Entry.Of(start, _request.Path).Kind != FileKind.Directory)
            {
                start.Dispose();
                using var only = RegularFile.OpenRegular(_workspace, _request.Path, out _);
                if (_request.AfterLine == uint.MaxValue)
                    return _results.Response();
                SearchFile(only, _request.Path, _request.AfterLine);
                return _results.Response();
            }
            var prefix = DirectoryLister.Prefix(_request.Path);
            if (_request.After.Length > 0 && !_request.After.AsSpan().StartsWith(prefix))
            {
                start.Dispose();
                throw new OperationException(AgentStatus.Invalid, "after: is not a path of this directory");
            }
            ContinueFile();
            using var walk = new TreeWalk(
                start, _request.Path, recursive: true, _request.After.AsSpan(Math.Min(prefix.Length, _request.After.Length)));
            SearchTree(walk, prefix);
            _results.Unreadable(walk.Unreadable);
            return _results.Response();
        }

        /// <summary>The rest of the file that the answer before this one ended in.</summary>
        private void ContinueFile()
        {
            if (_request.After.Length == 0 || _request.AfterLine == uint.MaxValue)
                return;
            var fd = RootDirectory.TryOpenBelow(
                _workspace.Root, _request.After, Abi.O_RDONLY | Abi.O_NOFOLLOW | Abi.O_NONBLOCK | Abi.O_NOCTTY, Abi.RESOLVE_NO_SYMLINKS);
            if (fd < 0)
                return;
            using var file = new Fd(fd);
            if (Entry.Of(file, _request.After).Kind == FileKind.File)
                SearchFile(file, _request.After, _request.AfterLine);
        }

        private void SearchTree(TreeWalk walk, byte[] prefix)
        {
            var glob = Glob.Of(_request.Glob);
            var ignored = _request.IncludeIgnored ? null : new IgnoreStack(_workspace, prefix);
            while (!_results.Stopped && walk.Next(() => ignored?.Ignores(walk) != true))
            {
                _channel.ThrowIfCancelled();
                if (ignored?.Ignores(walk) == true)
                    _results.Ignored(IgnoreStack.IsGit(walk));
                else if (walk.Type == Abi.DT_LNK)
                    _results.Link();
                else if (walk.Type == Abi.DT_REG && glob?.Matches(walk.Path) == false)
                    _results.Unmatched();
                else if (walk.Type == Abi.DT_REG && walk.Directory >= 0)
                    SearchEntry(walk, prefix);
                if (Clock.Milliseconds > _deadline)
                    _results.Stop(SearchStop.Time, [.. prefix, .. walk.Path], line: uint.MaxValue);
            }
        }

        private void SearchEntry(TreeWalk walk, byte[] prefix)
        {
            var fd = RootDirectory.TryOpenBelow(walk.Directory, walk.Name, Abi.O_RDONLY | Abi.O_NOFOLLOW | Abi.O_NONBLOCK | Abi.O_NOCTTY);
            if (fd < 0)
            {
                _results.Unreadable();
                return;
            }
            using var file = new Fd(fd);
            SearchFile(file, [.. prefix, .. walk.Path], after: 0);
        }

        private void SearchFile(Fd file, byte[] path, uint after)
        {
            if (Entry.Of(file, path).Kind != FileKind.File)
                return;
            if (!_reader.Open(file, _request.IncludeIgnored))
            {
                _results.Binary();
                return;
            }
            _results.BeginFile(path);
            var began = Clock.Milliseconds;
            var number = 0u;
            var found = false;
            string? beginning = null;
            while (!_results.Stopped && _reader.TryNext(out var piece))
            {
                if (piece.IsFirst)
                {
                    (number, found) = (number + 1, false);
                    beginning = _results.WantsContext ? LineExcerpt.Of(piece, 0, latin1: false).Text : null;
                }
                if (found)
                    LookForMore(piece, 0);
                else if (number > after)
                    found = Look(piece, number, path);
                if (piece.IsLast && !found && beginning is not null)
                    _results.Line(beginning);
                if (piece.IsLast && !piece.IsFirst)
                    _results.LongLine();
                LookAtClock(piece, number, path, began);
            }
            _results.EndFile();
        }

        private bool Look(LinePiece piece, uint number, byte[] path)
        {
            try
            {
                if (_matcher.Find(piece) is not (>= 0 and var at))
                    return false;
                var excerpt = LineExcerpt.Of(piece, at, _matcher.FoundInLatin1);
                _lastMatch = piece.Offset + at;
                _results.Match(number, excerpt.Text, excerpt.IsCut && piece.Offset >= 0 ? (ulong)_lastMatch : null);
                if (excerpt.IsCut && !_results.Stopped)
                    LookForMore(piece, excerpt.End);
                return true;
            }
            catch (RegexMatchTimeoutException)
            {
                _results.SlowLine(path, number);
                return false;
            }
        }

        /// <summary>The other matches of a line that is cut, which its excerpt does not show.</summary>
        /// <param name="from">Where in the piece they may begin.</param>
        private void LookForMore(LinePiece piece, int from)
        {
            try
            {
                var matches = _matcher.FindAll(piece, MaxOfLine);
                if (matches.Count == MaxOfLine)
                    _results.MoreThanCounted();
                foreach (var at in matches)
                {
                    var offset = piece.Offset + at;
                    // Two pieces have the matches of their overlap in common.
                    if (at < from || (piece.Offset >= 0 && offset <= _lastMatch))
                        continue;
                    _lastMatch = offset;
                    _results.More(piece.Offset >= 0 ? (ulong)offset : null);
                }
            }
            catch (RegexMatchTimeoutException)
            {
                _results.MoreThanCounted();
            }
        }

        /// <summary>A file that took most of the time is not begun again: the next answer would end in it too.</summary>
        private void LookAtClock(LinePiece piece, uint number, byte[] path, long began)
        {
            _channel.ThrowIfCancelled();
            var now = Clock.Milliseconds;
            if (now <= _deadline)
                return;
            if (now - began > MaxMilliseconds / 2)
            {
                _results.Unfinished();
                _results.Stop(SearchStop.Time, path, uint.MaxValue);
            }
            _results.Stop(SearchStop.Time, path, piece.IsLast ? number : number - 1);
        }
    }
}
