using System.Collections;
using System.Diagnostics;
using PSIpc.Core.Pools;
using PSIpc.Core.Processes;

namespace PSIpc;

/// <summary>Starts the workers of a pool: PowerShell processes with this module.</summary>
internal sealed class WorkerProgram(string? folder, PoolEnvironment? environment, IDictionary variables) : IWorkerLauncher
{
    public IWorkerProcess Start(string link, Guid id)
    {
        // All workers of a pool begin with the same variables, so that the changes since are the same for all.
        Hashtable all = environment?.ForNewWorker() ?? [];
        foreach (DictionaryEntry variable in variables)
        {
            all[variable.Key] = variable.Value;
        }

        return new Started(id, ChildLauncher.Start(nameof(IpcWorker.RunPool), link, id, isDetached: false, folder, all));
    }

    /// <summary>A worker process, and the end of what it wrote to its standard error, which says why it crashed.</summary>
    private sealed class Started : IWorkerProcess
    {
        private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(100);

        private readonly object _gate = new();
        private readonly Process _process;
        private readonly ProcessTree _tree;
        private readonly ErrorTail _errors = new();
        private readonly ManualResetEventSlim _drained = new();
        private Action? _onExit;
        private bool _isCleared;
        private bool _isDisposed;

        public Started(Guid id, Process process)
        {
            _process = process;
            _tree = new ProcessTree(id, process);
            Id = process.Id;
            process.OutputDataReceived += static (_, _) => { }; // Read, so that it never waits for somebody to read it.
            process.ErrorDataReceived += (_, line) => Take(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();

            // Not in the handler itself: a Process tells of its end while it holds a lock of its own.
            process.Exited += (_, _) => ThreadPool.UnsafeQueueUserWorkItem(static started => started.Clear(), this, preferLocal: false);
            process.EnableRaisingEvents = true;
        }

        public int Id { get; }

        public void OnExit(Action callback)
        {
            lock (_gate)
            {
                if (!_isCleared)
                {
                    _onExit += callback;
                    return;
                }
            }

            callback();
        }

        public void Kill() => _tree.Kill();

        public WorkerDeath EndOf(int? noted)
        {
            ProcessEnd end = ProcessEnd.From(noted, _process.ExitCode);
            if (end.End == IpcProcessEnd.Crashed)
            {
                _drained.Wait(DrainTime);
            }

            return new WorkerDeath(Id, end.ExitCode, end.Signal, end.ToString(), _errors.ToString());
        }

        public void Dispose()
        {
            lock (_gate)
            {
                _isDisposed = true;
                if (!_isCleared)
                {
                    return; // A Process that is disposed tells nothing of its end.
                }
            }

            Close();
        }

        private void Close()
        {
            _process.Dispose();
            _drained.Dispose();
        }

        private void Clear()
        {
            Action? onExit;
            bool isDisposed;
            _tree.Clear(keepsPrograms: false);
            lock (_gate)
            {
                _isCleared = true;
                onExit = _onExit;
                isDisposed = _isDisposed;
            }

            if (isDisposed)
            {
                Close();
            }
            else
            {
                onExit?.Invoke();
            }
        }

        private void Take(string? line)
        {
            if (line is null)
            {
                try
                {
                    _drained.Set();
                }
                catch (ObjectDisposedException)
                {
                    // Nobody asks any more.
                }

                return;
            }

            _errors.Add(line);
        }
    }
}
