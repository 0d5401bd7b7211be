document.title = 'made by script';
