"""The screens: the only home of streamlit inside the package."""
