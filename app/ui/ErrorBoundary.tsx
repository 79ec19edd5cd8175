/** Shows an error message instead of a blank page if rendering fails. */
import { Component, type ReactNode } from 'react';
import { asProblem, type Problem } from '../store/problem';
import { ProblemNote } from './ProblemNote';

export class ErrorBoundary extends Component<{ children: ReactNode }, { problem: Problem | null }> {
  override state: { problem: Problem | null } = { problem: null };

  static getDerivedStateFromError(error: unknown) {
    return { problem: asProblem(error) };
  }

  override render() {
    if (!this.state.problem) return this.props.children;
    return (
      <ProblemNote
        problem={this.state.problem}
        title="This part of the page could not be shown"
        onDismiss={() => this.setState({ problem: null })}
      />
    );
  }
}
