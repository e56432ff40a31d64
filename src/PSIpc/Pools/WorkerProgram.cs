using System.Collections;
using System.Diagnostics;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>Starts the workers of a pool: PowerShell processes with this module.</summary>
internal sealed class WorkerProgram(string? folder, IDictionary environment) : IWorkerLauncher
{
    public IWorkerProcess Start(string link) => new Started(ChildLauncher.Start(nameof(IpcWorker.RunPool), link, folder, environment));

    /// <summary>A worker process, and the end of what it wrote to its standard error, which says why it crashed.</summary>
    private sealed class Started : IWorkerProcess
    {
        private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(100);

        private readonly Process _process;
        private readonly ErrorTail _errors = new();
        private readonly ManualResetEventSlim _drained = new();

        public Started(Process process)
        {
            _process = process;
            Id = process.Id;
            process.OutputDataReceived += static (_, _) => { }; // Read, so that it never waits for somebody to read it.
            process.ErrorDataReceived += (_, line) => Take(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public int Id { get; }

        public void OnExit(Action callback)
        {
            _process.Exited += (_, _) => callback();
            _process.EnableRaisingEvents = true;
        }

        public void Kill()
        {
            try
            {
                _process.Kill();
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // It has ended by itself.
            }
        }

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
            _process.Dispose();
            _drained.Dispose();
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
